// Questions that `doctor` asks Stripe. None changes anything: rights to write are asked for on objects that do not exist.
import { Stripe } from 'stripe';

import type { EndpointFacts, RightFacts } from '../domain/checkup.ts';
import type { StripeGateway } from './gateway.ts';

/** The API version that the SDK sends and our code is written for. */
export const PINNED_API_VERSION: string = Stripe.API_VERSION;

/** Webhook endpoints and event destinations; null where the key may not read them. */
export async function listEndpoints(stripe: StripeGateway): Promise<readonly EndpointFacts[] | null> {
  const found: EndpointFacts[] = [];
  try {
    for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
      const { id, url, status, api_version: apiVersion, enabled_events: events } = endpoint;
      found.push({ id, url, payload: 'snapshot', enabled: status === 'enabled', apiVersion, events });
    }
    const include = ['webhook_endpoint.url'] as const;
    for await (const destination of stripe.v2.core.eventDestinations.list({ limit: 100, include: [...include] })) {
      const { id, status, event_payload: payload, enabled_events: events, webhook_endpoint: to } = destination;
      if (payload !== 'thin' && payload !== 'snapshot') continue;
      const apiVersion = destination.snapshot_api_version ?? null;
      // The same endpoint may be listed by both interfaces.
      if (found.some((known) => known.id === id)) continue;
      found.push({ id, url: to?.url ?? '', payload, enabled: status === 'enabled', apiVersion, events });
    }
    return found;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null;
    throw error;
  }
}

/** Stripe's time, from the answer to a request for the account, to the second. */
export async function fetchStripeTime(stripe: StripeGateway): Promise<Date | null> {
  const { lastResponse } = await stripe.accounts.retrieveCurrent();
  const date = lastResponse.headers['date'];
  return date === undefined ? null : new Date(date);
}

interface Probe {
  readonly right: string;
  readonly why: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

const NOBODY = 'creditpool_doctor';

/** The rights that docs/stripe.md lists. */
export const RIGHTS: readonly Probe[] = [
  {
    right: 'rak_customer_read',
    why: 'mirrors customers and their balance',
    method: 'GET',
    path: '/v1/customers?limit=1',
  },
  { right: 'rak_event_read', why: 'fills gaps in the events', method: 'GET', path: '/v1/events?limit=1' },
  { right: 'rak_invoice_read', why: 'mirrors invoices', method: 'GET', path: '/v1/invoices?limit=1' },
  { right: 'rak_credit_note_read', why: 'mirrors credit notes', method: 'GET', path: '/v1/credit_notes?limit=1' },
  { right: 'rak_charge_read', why: 'mirrors refunds', method: 'GET', path: '/v1/refunds?limit=1' },
  { right: 'rak_dispute_read', why: 'mirrors disputes', method: 'GET', path: '/v1/disputes?limit=1' },
  { right: 'rak_product_write', why: 'plan push', method: 'POST', path: `/v1/products/prod_${NOBODY}` },
  { right: 'rak_plan_write', why: 'plan push makes prices', method: 'POST', path: `/v1/prices/price_${NOBODY}` },
  {
    right: 'rak_billing_meter_write',
    why: 'reports usage',
    method: 'POST',
    path: `/v1/billing/meters/mtr_${NOBODY}/reactivate`,
  },
  {
    right: 'credit grants: write',
    why: 'projects lots',
    method: 'POST',
    path: `/v1/billing/credit_grants/credgr_${NOBODY}/expire`,
  },
  {
    right: 'rak_subscription_write',
    why: 'changes and ends subscriptions',
    method: 'POST',
    path: `/v1/subscriptions/sub_${NOBODY}`,
  },
  { right: 'rak_invoice_write', why: 'the invoice gate', method: 'POST', path: `/v1/invoices/in_${NOBODY}` },
  { right: 'rak_invoice_item_write', why: 'corrects drafts', method: 'POST', path: `/v1/invoiceitems/ii_${NOBODY}` },
  { right: 'rak_tax_rate_read', why: 'rounds taxed drafts', method: 'GET', path: '/v1/tax_rates?limit=1' },
  { right: 'rak_credit_note_write', why: 'issues credit notes', method: 'POST', path: `/v1/credit_notes/cn_${NOBODY}` },
];

/** Tries each right: a 403 says that it is missing, any other answer that the key got as far as the object. */
export async function probeRights(stripe: StripeGateway): Promise<readonly RightFacts[]> {
  const facts: RightFacts[] = [];
  for (const { right, why, method, path } of RIGHTS) {
    facts.push({ right, why, has: await isAllowed(stripe, method, path) });
  }
  return facts;
}

async function isAllowed(stripe: StripeGateway, method: string, path: string): Promise<boolean> {
  try {
    await stripe.rawRequest(method, path);
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return false;
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return true;
    throw error;
  }
}
