// A customer's own page: the host's server asks for a token, the page shows it, and sees that one customer.
import type { RequestHandler } from 'express';

import { checkoutBody, portalTokenBody, portalUsageQuery, shownPortal } from '../contract/portal.ts';
import { usageByDayCsv } from '../contract/usage-csv.ts';
import { formatCredits } from '../domain/amount.ts';
import { openCheckout } from '../operations/open-checkout.ts';
import { formatPortalToken, parsePortalToken, type PortalPass } from '../operations/portal-token.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { readPortal, readPortalUsage } from '../operations/read-portal.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { ProblemError } from './problem-error.ts';
import { type ApiRequest, ok, type Route } from './route.ts';

const PORTAL_CALLER = 'portal';

export const portalRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/portal_tokens',
    scopes: ['read', 'support'],
    reply: async ({ deps, pepper, livemode }, { body }) => {
      const asked = parse(portalTokenBody, body);
      if ('rejected' in asked) return asked;
      const { customer: name, expires_in_seconds: seconds, may_buy: mayBuy } = asked.value;
      const customer = await findCustomer(deps, name);
      if ('rejected' in customer) return customer;
      const expiresAt = new Date(Math.floor(Date.now() / 1000 + seconds) * 1000);
      const token = formatPortalToken({ customerId: customer.customerId, mayBuy, expiresAt }, { pepper, livemode });
      return { status: 201, body: { object: 'portal_token', token, expires_at: expiresAt, may_buy: mayBuy } };
    },
  },
  {
    method: 'get',
    path: '/v1/portal',
    scopes: [],
    byPortalToken: true,
    reply: async ({ deps }, request) => {
      const { customerId, mayBuy } = passOf(request);
      const portal = await readPortal(deps, customerId);
      return 'rejected' in portal ? portal : ok(shownPortal(portal, mayBuy));
    },
  },
  {
    method: 'get',
    path: '/v1/portal/usage',
    scopes: [],
    byPortalToken: true,
    reply: async ({ deps }, request) => {
      const asked = parse(portalUsageQuery, request.query);
      if ('rejected' in asked) return asked;
      const { from, to, format } = asked.value;
      const days = await readPortalUsage(deps, { customer: passOf(request).customerId, from, to });
      if ('rejected' in days) return days;
      if (format === 'csv') {
        const name = `usage-${from.toISOString().slice(0, 10)}.csv`;
        return { ...ok({}), file: { type: 'text/csv; charset=utf-8', name, content: usageByDayCsv(days) } };
      }
      const data = days.map((day) => ({ ...day, credits: formatCredits(day.credits) }));
      return ok({ object: 'usage_by_day', from, to, data });
    },
  },
  {
    method: 'post',
    path: '/v1/portal/checkout_sessions',
    scopes: [],
    byPortalToken: true,
    reply: async ({ deps }, request) => {
      const asked = parse(checkoutBody, request.body);
      if ('rejected' in asked) return asked;
      const { customerId, mayBuy } = passOf(request);
      if (!mayBuy) return { rejected: { code: 'forbidden', message: 'this token may only look; ask for may_buy' } };
      const { pack, return_url: returnUrl } = asked.value;
      const opened = await openCheckout(deps, { customer: customerId, pack, returnUrl });
      if ('rejected' in opened) return opened;
      return {
        status: 201,
        body: { object: 'checkout_session', url: opened.url, expires_at: opened.expiresAt },
      };
    },
  },
];

function passOf({ caller }: ApiRequest): PortalPass {
  if (caller.portal === undefined) throw new Error('this route is entered with a portal token');
  return caller.portal;
}

/** Lets in a page with a token that has not ended. */
export function requirePortalToken({ pepper, livemode }: HttpContext): RequestHandler {
  return (request, response, next) => {
    const [, token = ''] = /^Bearer (\S{1,400})$/i.exec(request.get('authorization') ?? '') ?? [];
    const portal = parsePortalToken(token, { pepper, livemode });
    if (portal === null) {
      throw new ProblemError({
        code: 'unauthenticated',
        message:
          'send a portal token: Authorization: Bearer cp_portal_… (your server makes one: POST /v1/portal_tokens)',
      });
    }
    if (portal.expiresAt.getTime() <= Date.now()) {
      throw new ProblemError({
        code: 'portal_token_expired',
        message: `this portal token ended at ${portal.expiresAt.toISOString()}; ask your server for a new one`,
      });
    }
    response.locals['caller'] = {
      apiKeyId: PORTAL_CALLER,
      name: PORTAL_CALLER,
      scopes: [],
      operatorSubject: null,
      portal,
    };
    next();
  };
}

/** Pages of any origin may ask: the token is in a header of its own, and no cookie means anything here. */
export const crossOrigin: RequestHandler = (request, response, next) => {
  response.set({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-allow-methods': 'GET, POST',
    'access-control-expose-headers': 'request-id',
    'access-control-max-age': '600',
    'cross-origin-resource-policy': 'cross-origin',
  });
  if (request.method === 'OPTIONS') response.status(204).end();
  else next();
};
