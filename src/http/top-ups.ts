import { customerName, toWireId } from '../contract/ids.ts';
import { spendingLimitBody, topUpConsentBody, topUpsQuery, withdrawalBody } from '../contract/top-ups.ts';
import { formatCredits, parseCredits } from '../domain/amount.ts';
import { consentToTopUps, readTopUps, resumeTopUps, withdrawTopUps } from '../operations/consent-to-top-ups.ts';
import { limitSpending } from '../operations/limit-spending.ts';
import { parse } from './parse.ts';
import { type ApiRequest, ok, type Reply, type Route } from './route.ts';

const CONSENT = '/v1/customers/:id/top_up_consent';

export const topUpRoutes: readonly Route[] = [
  {
    method: 'put',
    path: CONSENT,
    scopes: ['support', 'finance'],
    reply: async (context, request) => {
      const asked = parse(topUpConsentBody, request.body);
      if ('rejected' in asked) return asked;
      const { accepted_by: acceptedBy, text_hash: textHash, monthly_cap_minor: monthlyCapMinor = null } = asked.value;
      return ofCustomer(request, async (customer) => {
        const consent = await consentToTopUps(context, { customer, acceptedBy, textHash, monthlyCapMinor });
        return 'rejected' in consent ? consent : ok(shownConsent(consent));
      });
    },
  },
  {
    method: 'post',
    path: `${CONSENT}/withdraw`,
    scopes: ['support', 'finance'],
    reply: async (context, request) => {
      const asked = parse(withdrawalBody, request.body);
      if ('rejected' in asked) return asked;
      return ofCustomer(request, async (customer) => {
        const ended = await withdrawTopUps(context, { customer, by: asked.value.withdrawn_by });
        return 'rejected' in ended ? ended : ok({ object: 'top_up_consent', state: 'withdrawn' });
      });
    },
  },
  {
    method: 'post',
    path: `${CONSENT}/resume`,
    scopes: ['support', 'finance'],
    reply: async (context, request) =>
      ofCustomer(request, async (customer) => {
        const consent = await resumeTopUps(context, { customer });
        return 'rejected' in consent ? consent : ok(shownConsent(consent));
      }),
  },
  {
    method: 'get',
    path: '/v1/customers/:id/top_ups',
    scopes: ['read', 'support', 'finance'],
    reply: async (context, request) => {
      const asked = parse(topUpsQuery, request.query);
      if ('rejected' in asked) return asked;
      const { limit, starting_after: after = null } = asked.value;
      return ofCustomer(request, async (customer) => {
        const found = await readTopUps(context, { customer, limit, after });
        if ('rejected' in found) return found;
        const { consent, topUps, hasMore } = found;
        return ok({
          object: 'list',
          has_more: hasMore,
          consent: consent === null ? null : shownConsent(consent),
          data: topUps.map(shownTopUp),
        });
      });
    },
  },
  {
    method: 'put',
    path: '/v1/customers/:id/spending_limit',
    scopes: ['support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(spendingLimitBody, request.body);
      if ('rejected' in asked) return asked;
      const wanted = asked.value.overage_credits;
      return ofCustomer(request, async (customer) => {
        const set = await limitSpending(deps, { customer, limit: wanted === null ? null : parseCredits(wanted) });
        if ('rejected' in set) return set;
        return ok({
          object: 'spending_limit',
          overage_credits: set.limit === null ? null : formatCredits(set.limit),
          plan_cap: set.planCap === null ? null : formatCredits(set.planCap),
          used: formatCredits(set.used),
        });
      });
    },
  },
];

async function ofCustomer({ params }: ApiRequest, work: (customer: string) => Promise<Reply>): Promise<Reply> {
  const named = parse(customerName, params['id']);
  return 'rejected' in named ? { rejected: { ...named.rejected, param: 'id' } } : work(named.value);
}

type Found = Exclude<Awaited<ReturnType<typeof readTopUps>>, { rejected: unknown }>;

function shownConsent(consent: NonNullable<Found['consent']>): object {
  return {
    object: 'top_up_consent',
    state: consent.pausedAt === null ? 'in_force' : 'paused',
    accepted_by: consent.acceptedBy,
    text_hash: consent.textHash,
    monthly_cap_minor: consent.monthlyCapMinor === null ? null : Number(consent.monthlyCapMinor),
    accepted_at: consent.acceptedAt,
    paused_at: consent.pausedAt,
    paused_because: consent.pausedBecause,
  };
}

function shownTopUp(topUp: Found['topUps'][number]): object {
  return {
    id: toWireId('topup', topUp.topUpId),
    object: 'top_up',
    state: topUp.state,
    pack: topUp.pack,
    amount_minor: Number(topUp.amountMinor),
    currency: topUp.currency,
    wanted_at: topUp.wantedAt,
    ended_at: topUp.endedAt,
    outcome: topUp.outcome,
    stripe: topUp.invoiceId === null ? null : { invoice: topUp.invoiceId, pay_at: topUp.hostedInvoiceUrl },
  };
}
