// The invoice gate: after the cut-off what Stripe will charge for a cycle is made equal to what the ledger says is owed,
// then we finalize. Each step leaves its result behind and can be repeated; a crash between two costs a repetition.
import { DEADLINE_MS, decideAtDeadline, decideCycle, itemsWanted } from '../domain/settlement.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { outboxMessage, requestTrueUp, unfinishedMessages } from '../storage/outbox.ts';
import { findSettlement } from '../storage/settlement-decisions.ts';
import {
  moveSettlement,
  openSettlements,
  readSettlement,
  type Settlement,
  type SettlementState,
  waitsForEarlierCycle,
} from '../storage/settlements.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { type InvoiceDraft, readInvoiceDraft } from '../stripe/invoice-drafts.ts';
import {
  correctionItem,
  correctionKey,
  enqueueCorrection,
  provisionalKey,
  standingCorrection,
  taxDifference,
} from './correct-draft.ts';
import { creditExcess } from './credit-excess.ts';
import { readCycleNumbers } from './cycle-numbers.ts';
import type { Deps } from './deps.ts';
import { finalizeDraft } from './finalize-draft.ts';
import { hold, record } from './note-settlement.ts';
import { relayOutbox } from './relay-outbox.ts';
import { repairSwallowedEvents } from './repair-swallowed-events.ts';
import { rollUpUsage } from './roll-up-usage.ts';
import { roundDraft } from './round-draft.ts';

export interface SettledDrafts {
  readonly looked: number;
  readonly finalized: number;
  readonly settled: number;
  readonly held: number;
  readonly waiting: number;
}

/** Takes every cycle that is past its cut-off one step further, or as far as it goes. */
export async function settleDrafts(deps: Deps, { limit }: { readonly limit: number }): Promise<SettledDrafts> {
  const settlements = await openSettlements(deps.db, { limit });
  const counts: Record<SettlementState, number> = { waiting: 0, held: 0, corrected: 0, finalized: 0, settled: 0 };
  for (const settlement of settlements) counts[await attempt(deps, settlement)] += 1;
  const { waiting, held, corrected, finalized, settled } = counts;
  return { looked: settlements.length, finalized, settled, held, waiting: waiting + corrected };
}

/** Stripe being out of reach for one cycle does not hold up the others; it is tried again with the next round. */
async function attempt(deps: Deps, settlement: Settlement): Promise<SettlementState> {
  try {
    return await settleDraft(deps, settlement);
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    deps.log.warn({ invoice: settlement.invoiceId, reason: failure.reason }, 'a draft could not be settled yet');
    return settlement.state;
  }
}

const RELAYED_MAX = 1_000;
const KEPT = 'its automatic advance is off: collection is paused, or another hand keeps it a draft';
/** Greater than any lag of Stripe's meters seen: from then on a missing event counts as swallowed. */
const SUMMARY_LAG_MS = 15 * 60_000;

/** One cycle. Answers the state that it is left in. */
export async function settleDraft(deps: Deps, settlement: Settlement): Promise<SettlementState> {
  if (settlement.state === 'finalized' || settlement.state === 'settled') return afterFinal(deps, settlement);
  const { status } = await readInvoiceDraft(deps.stripe, settlement.invoiceId);
  if (status !== 'draft') return noteFinalized(deps, settlement);
  if (settlement.state === 'corrected') return correctAndFinalize(deps, settlement);
  const at = await now(deps.db);
  const waitsFor = await flush(deps, settlement);
  // Read anew: its usage and its discounts follow what was just reported.
  const draft = await readInvoiceDraft(deps.stripe, settlement.invoiceId);
  if (!draft.autoAdvance) return hold(deps, settlement, 'kept_a_draft', KEPT);
  // Decided by a person, and kept by what Stripe refused since.
  const isDecided = (await findSettlement(deps.db, settlement.billingPeriodId))?.decision != null;
  if (isDecided) return correctAndFinalize(deps, settlement);
  if (draft.finalizesAt !== null && draft.finalizesAt.getTime() - DEADLINE_MS <= at.getTime()) {
    return atDeadline(deps, settlement, draft, at);
  }
  if (waitsFor !== null) {
    await moveSettlement(deps.db, settlement, { state: 'waiting', heldBecause: waitsFor });
    return 'waiting';
  }
  return decide(deps, (await readSettlement(deps.db, settlement, settlement.billingPeriodId)) ?? settlement, draft, at);
}

/** Sends all usage and grants of the cycle; answers what it still waits for. */
async function flush(deps: Deps, settlement: Settlement): Promise<string | null> {
  await rollUpUsage(deps, { limit: 1, flush: true, only: settlement });
  const { lane, customerId } = settlement;
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'grants' } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'meter' } });
  await relayDocuments(deps, settlement);
  if (await waitsForEarlierCycle(deps.db, settlement))
    return 'an earlier cycle, or a change of price in this one, is not settled';
  const [meter] = await unfinishedMessages(deps.db, settlement, { queue: 'meter' });
  if (meter !== undefined) return `a meter event is ${meter.state}: ${meter.outcome ?? 'not sent yet'}`;
  const [grant] = await unfinishedMessages(deps.db, settlement, { queue: 'grants' });
  if (grant !== undefined) return `a credit grant is ${grant.state}: ${grant.outcome ?? 'not sent yet'}`;
  const provisional = await outboxMessage(deps.db, settlement, provisionalKey(settlement));
  const isOpen = provisional !== null && !['done', 'refused', 'cancelled'].includes(provisional.state);
  return isOpen ? `the provisional correction is ${provisional.state}: ${provisional.outcome ?? 'not sent yet'}` : null;
}

async function decide(deps: Deps, settlement: Settlement, draft: InvoiceDraft, at: Date): Promise<SettlementState> {
  const reading = await readCycleNumbers(deps, settlement, draft);
  if ('unreadable' in reading) return hold(deps, settlement, 'not_comparable', reading.unreadable);
  const { numbers, overageMicro } = reading;
  const decision = decideCycle(numbers);
  if (numbers.countedUnits !== numbers.emittedUnits) {
    const isLate = at.getTime() >= settlement.cutOffAt.getTime() + SUMMARY_LAG_MS;
    const isRepaired = isLate && (await repairSwallowedEvents(deps, settlement)) > 0;
    const state = isLate && !isRepaired ? 'held' : 'waiting';
    return record(deps, settlement, { state, decision, numbers, overageMicro, correctionMinor: 0n, at });
  }
  const isHeld = decision.action === 'hold';
  const standing = standingCorrection(settlement, draft);
  const correctionMinor = isHeld ? standing : itemsWanted(decision);
  const state = isHeld ? 'held' : 'corrected';
  const item = await correctionItem(deps, settlement, draft, correctionMinor - standing);
  await record(deps, settlement, { state, decision, numbers, overageMicro, correctionMinor, at }, async (trx) => {
    await enqueueCorrection(trx, settlement, item);
  });
  return isHeld ? 'held' : correctAndFinalize(deps, { ...settlement, state, correctionMinor });
}

/** An hour before Stripe finalizes by itself: take off what it would charge too much, and let it go. */
async function atDeadline(deps: Deps, settlement: Settlement, draft: InvoiceDraft, at: Date): Promise<SettlementState> {
  // A provisional item may stand for less than what is too much by now.
  if ((await outboxMessage(deps.db, settlement, correctionKey(settlement))) === null) {
    const reading = await readCycleNumbers(deps, settlement, draft);
    if ('unreadable' in reading) return hold(deps, settlement, 'not_comparable', reading.unreadable);
    const { numbers, overageMicro } = reading;
    const standing = standingCorrection(settlement, draft);
    const correctionMinor = decideAtDeadline(numbers);
    const decision = decideCycle(numbers);
    const item = await correctionItem(deps, settlement, draft, correctionMinor - standing);
    await record(
      deps,
      settlement,
      { state: 'held', decision, numbers, overageMicro, correctionMinor, at },
      async (trx) => {
        await enqueueCorrection(trx, settlement, item);
      },
    );
  }
  await relayDocuments(deps, settlement);
  return 'held';
}

/** The correction first, if there is one; then, once it stands on the draft, finalization. */
async function correctAndFinalize(deps: Deps, settlement: Settlement): Promise<SettlementState> {
  await relayDocuments(deps, settlement);
  const item = await outboxMessage(deps.db, settlement, correctionKey(settlement));
  if (item?.state === 'refused')
    return hold(deps, settlement, 'refused', `the correction was refused: ${item.outcome}`);
  if (item !== null && item.state !== 'done') return 'corrected';
  if (item !== null || settlement.correctionMinor !== 0n) {
    const draft = await readInvoiceDraft(deps.stripe, settlement.invoiceId);
    const amount = standingCorrection(settlement, draft);
    if (amount !== settlement.correctionMinor) {
      return hold(
        deps,
        settlement,
        'items_differ',
        `the draft carries a correction of ${amount}, not ${settlement.correctionMinor}`,
      );
    }
    const taxed = await taxDifference(deps, settlement, draft);
    if (taxed !== null) return hold(deps, settlement, 'items_differ', taxed);
    await moveSettlement(deps.db, settlement, { state: 'corrected', correctionItemId: item?.stripeId ?? '' });
  }
  const unrounded = await roundDraft(deps, settlement);
  if (unrounded?.state === 'held') return hold(deps, settlement, 'items_differ', unrounded.because);
  if (unrounded !== null) return 'corrected';
  const asked = await finalizeDraft(deps, settlement);
  if ('refused' in asked) return hold(deps, settlement, 'refused', `finalizing was refused: ${asked.refused}`);
  if (asked.state === 'done') return noteFinalized(deps, settlement);
  return 'corrected';
}

async function noteFinalized(deps: Deps, settlement: Settlement): Promise<SettlementState> {
  await moveSettlement(deps.db, settlement, { state: 'finalized', finalizedAt: await now(deps.db) });
  return 'finalized';
}

/** The invoice is final in our books too: what Stripe took is known, so grants may be made to fit again. */
async function afterFinal(deps: Deps, settlement: Settlement): Promise<SettlementState> {
  if (settlement.periodState !== 'final') return settlement.state;
  if (!(await creditExcess(deps, settlement))) return settlement.state;
  await transaction(deps.db, async (trx) => {
    const at = await now(trx);
    const cause = `settled/${settlement.billingPeriodId}`;
    await requestTrueUp(trx, settlement, { poolId: settlement.poolId, causeEntryId: cause, now: at });
    await moveSettlement(trx, settlement, { state: 'settled', settledAt: at });
  });
  return 'settled';
}

async function relayDocuments(deps: Deps, { lane, customerId }: Settlement): Promise<void> {
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
}
