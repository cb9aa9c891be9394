import { toWireId } from '../contract/ids.ts';
import { check as checkBody } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import type { Rejection } from '../domain/rejection.ts';
import { checkUsage } from '../operations/check-usage.ts';
import type { CheckAnswer } from '../operations/pool-request.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const checkRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/check',
    isHot: true,
    scopes: ['ingest', 'read'],
    /** A "no" is an answer, not an error: always 200 for a question that makes sense. */
    reply: async (context, request) => {
      const asked = parse(checkBody, request.body);
      if ('rejected' in asked) return asked;
      const { member = null, agent = null, ...question } = asked.value;
      const checked = await checkUsage(context, { ...question, member, agent });
      if ('rejected' in checked) return checked;
      return ok({ object: 'check', ...shownCheck(checked) });
    },
  },
];

/** A check as it is shown, also as a line of a quote. */
export function shownCheck({ allowed, refusal, cost, available, lots, overage, unenforced, ...rate }: CheckAnswer) {
  const rejection = refusal?.rejected;
  const details = rejection?.code === 'insufficient_credits' ? rejection.details : undefined;
  return {
    allowed,
    reason: rejection === undefined ? null : reasonOf(rejection),
    cost: formatCredits(cost),
    balance: formatCredits(available),
    limit: limitOf(details) ?? null,
    lifted_by: lifterOf(details) ?? null,
    would_use_lots: lots.map(({ lotId, amount }) => ({
      id: toWireId('grant', lotId),
      credits: formatCredits(amount),
    })),
    would_use_overage: formatCredits(overage),
    burn_rate: toWireId('rate', rate.burnRateId),
    rate_changes_at: rate.rateChangesAt,
    ...(unenforced !== undefined && {
      mode: unenforced.mode,
      would_refuse: unenforced.wouldRefuse === null ? null : reasonOf(unenforced.wouldRefuse.rejected),
    }),
  };
}

function reasonOf({ code, message }: Rejection) {
  return { code, message };
}

function limitOf(details: unknown): unknown {
  return typeof details === 'object' && details !== null && 'limit' in details ? details.limit : undefined;
}

function lifterOf(details: unknown): unknown {
  return typeof details === 'object' && details !== null && 'lifted_by' in details ? details.lifted_by : undefined;
}
