// The three calls that change credit grants at Stripe. Instants are settled when a message is sent, not when it was
// written: Stripe takes no effective_at in the past, and one in a period's last second would reach that period's invoice.
import { isBarrierUp } from '../domain/grant-shaping.ts';
import { now } from '../storage/clock.ts';
import { creditGrant, markGranted, setGrantState, type StoredGrant } from '../storage/credit-grants.ts';
import { readCustomer } from '../storage/customers.ts';
import { periodNeeds } from '../storage/grant-needs.ts';
import type { LeasedMessage } from '../storage/outbox-lease.ts';
import {
  createCreditGrant,
  type CreditGrantRequest,
  expireCreditGrant,
  findCreditGrant,
  moveCreditGrantEnd,
  readCreditGrant,
} from '../stripe/credit-grants.ts';
import type { Deps } from './deps.ts';
import type { OutgoingCall } from './outgoing-call.ts';

export const createGrantCall: OutgoingCall<CreditGrantRequest> = {
  render: async (deps, message) => {
    const grant = await creditGrant(deps.db, message, message.subjectId);
    const customer = await readCustomer(deps.db, message);
    const customerId = customer?.stripeCustomerId ?? null;
    if (grant.state === 'void' || customerId === null) return { cancelled: 'no longer wanted' };
    const at = await now(deps.db);
    if (grant.backstopAt !== null && grant.backstopAt <= at) return { cancelled: 'its end has passed' };
    return { request: grantRequest(grant, customerId, await effectiveAt(deps, message, grant, at), message) };
  },
  send: async ({ stripe }, _message, request, idempotencyKey) => {
    const { id, effectiveAt: since } = await createCreditGrant(stripe, request, idempotencyKey);
    return { stripeId: id, since };
  },
  look: async ({ stripe }, message, request) => {
    const found = await findCreditGrant(stripe, request.customer ?? '', message.key);
    return found === null ? 'absent' : { stripeId: found.id, since: found.effectiveAt };
  },
  done: async (trx, message, { stripeId, since }) => {
    if (stripeId === null || since === undefined) throw new Error(`grant ${message.subjectId} came back without an id`);
    await markGranted(trx, message, message.subjectId, { stripeGrantId: stripeId, effectiveAt: since });
  },
  cancelled: async (trx, message, at) => setGrantState(trx, message, message.subjectId, 'void', at),
  // Stripe's clock is ahead of ours: a moment later the instant is past here too.
  isTooEarly: ({ param }) => param === 'effective_at',
};

export const expireGrantCall: OutgoingCall<{ readonly grant: string }> = {
  render: async (deps, message) => {
    const grant = await creditGrant(deps.db, message, message.subjectId);
    if (grant.state !== 'ending' || grant.stripeGrantId === null) return { cancelled: 'nothing to end' };
    const at = await now(deps.db);
    const periods = await periodNeeds(deps.db, message, grant.poolId);
    const reached = periods.filter(({ endsAt }) => grant.effectiveAt <= endsAt);
    // The true-up after that invoice's finalization asks again.
    if (isBarrierUp(reached, at)) return { cancelled: 'an invoice that it may pay is not final' };
    return { request: { grant: grant.stripeGrantId } };
  },
  send: async ({ stripe }, _message, { grant }, idempotencyKey) => {
    await expireCreditGrant(stripe, grant, idempotencyKey);
    return { stripeId: grant };
  },
  look: async ({ stripe }, _message, { grant }) =>
    (await readCreditGrant(stripe, grant)).isEnded ? { stripeId: grant } : 'absent',
  done: async (trx, message) => setGrantState(trx, message, message.subjectId, 'ended', await now(trx)),
  cancelled: async (trx, message) => {
    const { state } = await creditGrant(trx, message, message.subjectId);
    if (state === 'ending') await setGrantState(trx, message, message.subjectId, 'granted');
  },
  isDoneAlready: isEndedAlready,
};

export const moveGrantCall: OutgoingCall<{ readonly grant: string; readonly expires_at: number | null }> = {
  render: async (deps, message) => {
    const grant = await creditGrant(deps.db, message, message.subjectId);
    if (grant.state !== 'granted' || grant.stripeGrantId === null) return { cancelled: 'nothing to move' };
    const at = grant.backstopAt === null ? null : seconds(grant.backstopAt);
    return { request: { grant: grant.stripeGrantId, expires_at: at } };
  },
  send: async ({ stripe }, _message, request, idempotencyKey) => {
    await moveCreditGrantEnd(stripe, request.grant, request.expires_at, idempotencyKey);
    return { stripeId: request.grant };
  },
  look: async ({ stripe }, _message, request) =>
    (await readCreditGrant(stripe, request.grant)).expiresAt === request.expires_at
      ? { stripeId: request.grant }
      : 'absent',
  // Another hand ended it: no end is left to move, and reconciliation names what the lots lack.
  isDoneAlready: isEndedAlready,
};

function isEndedAlready({ reason }: { readonly reason: string }): boolean {
  return /already (been )?(expired|voided)/i.test(reason);
}

/** In the future, or null for at once. */
async function effectiveAt(deps: Deps, message: LeasedMessage, grant: StoredGrant, at: Date): Promise<Date | null> {
  const periods = await periodNeeds(deps.db, message, grant.poolId);
  const boundary = periods.find(({ startsAt }) => seconds(startsAt) === seconds(at))?.startsAt;
  const earliest = boundary === undefined ? at : new Date((seconds(boundary) + 1) * 1000);
  const wanted = grant.effectiveAt > earliest ? grant.effectiveAt : earliest;
  return seconds(wanted) > seconds(at) ? wanted : null;
}

const METADATA_LENGTH_MAX = 500;

function grantRequest(
  grant: StoredGrant,
  customer: string,
  since: Date | null,
  { key, customerId }: LeasedMessage,
): CreditGrantRequest {
  return {
    customer,
    amount: { type: 'monetary', monetary: { currency: grant.currency, value: Number(grant.amountMinor) } },
    applicability_config: { scope: { prices: [{ id: grant.meteredPriceId }] } },
    category: grant.category,
    priority: grant.priority,
    ...(since !== null && { effective_at: seconds(since) }),
    ...(grant.backstopAt !== null && { expires_at: seconds(grant.backstopAt) }),
    metadata: {
      creditpool_key: key,
      creditpool_customer: customerId,
      creditpool_pool: grant.poolId,
      creditpool_lots: grant.lotIds.join(' ').slice(0, METADATA_LENGTH_MAX),
    },
  };
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
