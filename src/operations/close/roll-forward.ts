// The figures of a month: read at any time, kept when it closes.
import { EVERY_LANE } from '../../domain/customer.ts';
import type { Refused } from '../../domain/rejection.ts';
import { type FreeCredits, rollForward, type RollForwardRow, type TrialBalanceRow } from '../../domain/roll-forward.ts';
import type { Database, Transaction } from '../../storage/database.ts';
import { deferredMoves, freeCredits, trialBalance } from '../../storage/roll-forward.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export interface MonthFigures {
  readonly rollForward: readonly RollForwardRow[];
  readonly freeCredits: readonly FreeCredits[];
  readonly trialBalance: readonly TrialBalanceRow[];
}

/** Roll-forward of deferred credits by month of purchase, free credits, and the trial balance of a month. */
export async function readMonthFigures(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  month: string,
): Promise<MonthFigures | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  return 'rejected' in actor ? actor : monthFigures(deps.db, month);
}

/** Throws when the roll-forward does not close at what the account of deferred credits stands at. */
async function monthFigures(on: Database | Transaction, month: string): Promise<MonthFigures> {
  const scope = { lanes: EVERY_LANE, month: `${month}-01` };
  const figures = {
    rollForward: rollForward(await deferredMoves(on, scope)),
    freeCredits: await freeCredits(on, scope),
    trialBalance: await trialBalance(on, scope),
  };
  for (const { currency, closingMinor } of figures.trialBalance.filter(
    ({ account }) => account === 'deferred.credits',
  )) {
    const closing = figures.rollForward
      .filter((row) => row.currency === currency)
      .reduce((sum, row) => sum + row.closing, 0n);
    if (closing !== -closingMinor)
      throw new Error(`the roll-forward of ${month} closes at ${closing} ${currency}, the account at ${-closingMinor}`);
  }
  return figures;
}

/** Figures as they are kept with a close: amounts as decimal text. */
export async function figuresOf(on: Transaction, month: string): Promise<object> {
  const text = JSON.stringify(await monthFigures(on, month), (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return JSON.parse(text) as object;
}
