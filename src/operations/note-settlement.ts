import type { CycleDecision, CycleNumbers, HoldReason } from '../domain/settlement.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { moveSettlement, saveDecision, type Settlement, type SettlementState } from '../storage/settlements.ts';
import type { Deps } from './deps.ts';

/** Leaves a cycle for a person, with the reason by its name and in words. */
export async function hold(
  { db }: Deps,
  settlement: Settlement,
  holdReason: HoldReason,
  heldBecause: string,
): Promise<'held'> {
  await moveSettlement(db, settlement, { state: 'held', holdReason, heldBecause });
  return 'held';
}

export interface DecidedCycle {
  readonly state: SettlementState;
  readonly decision: CycleDecision;
  readonly numbers: CycleNumbers;
  readonly overageMicro: bigint;
  readonly correctionMinor: bigint;
  readonly at: Date;
}

/** Keeps the numbers that were compared, together with what follows from them. */
export async function record(
  { db }: Deps,
  settlement: Settlement,
  { state, decision, numbers, overageMicro, correctionMinor, at }: DecidedCycle,
  also: (trx: Transaction) => Promise<void> = async () => undefined,
): Promise<SettlementState> {
  const { paidMicro, eligibleMinor } = numbers;
  const { owedMinor, chargeMinor, reason, holdReason } = decision;
  await transaction(db, async (trx) => {
    const kept = { paidMicro, overageMicro, owedMinor, eligibleMinor, expectedMinor: chargeMinor, correctionMinor };
    const because = { holdReason: state === 'held' ? holdReason : null, heldBecause: reason, decidedAt: at };
    if (await saveDecision(trx, settlement, state, kept, because)) await also(trx);
  });
  return state;
}
