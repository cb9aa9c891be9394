// What a pool's lots, overage and debt would be had shadowed actions been enforced: sums beside the real book, which they
// never touch.
import { lesser } from './amount.ts';
import { type BurnPlan, planBurn, type Purpose } from './burn.ts';
import { remaining } from './lot.ts';
import { overageIn, type PeriodState, type PoolBook } from './pool-book.ts';

export interface ShadowBook {
  /** Of each lot, micro-credits. */
  readonly lots: Map<string, bigint>;
  /** Of each pool and period, by `shadowKey`. */
  readonly overage: Map<string, bigint>;
  /** Of each pool. */
  readonly debt: Map<string, bigint>;
}

export interface ShadowDraw {
  readonly usageEventId: string;
  readonly seq: number;
  readonly billingPeriodId: string;
  readonly action: string;
  readonly takenFrom: 'lot' | 'overage' | 'debt' | 'refused';
  readonly lotId: string | null;
  readonly amount: bigint;
}

export function emptyShadow(): ShadowBook {
  return { lots: new Map(), overage: new Map(), debt: new Map() };
}

/** How an amount would fall if all shadowed use before it had been real. */
export function planShadowBurn(
  book: PoolBook,
  period: PeriodState,
  purpose: Purpose,
  amount: bigint,
  now: Date,
  isUsed: boolean,
): BurnPlan {
  const { lots, overage, debt } = shadowOf(book);
  const periodId = period.billingPeriodId;
  const would: PoolBook = {
    ...book,
    lots: new Map(
      [...book.lots].map(([id, lot]) => {
        const taken = lesser(lots.get(id) ?? 0n, remaining(lot));
        return [id, taken === 0n ? lot : { ...lot, drawn: lot.drawn + taken }];
      }),
    ),
    overage: new Map(book.overage).set(
      periodId,
      overageIn(book, periodId) + (overage.get(shadowKey(book, periodId)) ?? 0n),
    ),
    debt: book.debt + (debt.get(book.poolId) ?? 0n),
  };
  return planBurn(would, period, purpose, amount, now, isUsed);
}

/** Notes would-be draws of one use; the real book stays as it is. */
export function drawInShadow(
  book: PoolBook,
  { billingPeriodId }: PeriodState,
  { usageEventId, action }: { readonly usageEventId: string; readonly action: string },
  burn: BurnPlan,
): void {
  const shadow = shadowOf(book);
  const draws = [
    ...burn.draws.map(({ lotId, amount }) => ({ takenFrom: 'lot', lotId, amount }) as const),
    ...(['overage', 'debt'] as const).map((takenFrom) => ({ takenFrom, lotId: null, amount: burn[takenFrom] })),
    { takenFrom: 'refused', lotId: null, amount: burn.unfunded } as const,
  ].filter(({ amount }) => amount > 0n);
  for (const [seq, draw] of draws.entries()) {
    book.changes.shadowDraws.push({ usageEventId, seq, billingPeriodId, action, ...draw });
    countShadow(shadow, { poolId: book.poolId, billingPeriodId, ...draw });
  }
}

/** Adds one would-be draw to the sums. */
export function countShadow(
  { lots, overage, debt }: ShadowBook,
  draw: Pick<ShadowDraw, 'takenFrom' | 'lotId' | 'amount' | 'billingPeriodId'> & { readonly poolId: string },
): void {
  const add = (sums: Map<string, bigint>, key: string): void => void sums.set(key, (sums.get(key) ?? 0n) + draw.amount);
  if (draw.lotId !== null) add(lots, draw.lotId);
  else if (draw.takenFrom === 'overage') add(overage, shadowKey(draw, draw.billingPeriodId));
  else if (draw.takenFrom === 'debt') add(debt, draw.poolId);
}

/** Throws where nobody read it: sums that are missing would promise credits twice. */
function shadowOf(book: PoolBook): ShadowBook {
  const { shadow } = book.root ?? book;
  if (shadow === undefined) throw new Error(`the shadow book of pool ${book.poolId} was not read`);
  return shadow;
}

function shadowKey({ poolId }: { readonly poolId: string }, periodId: string): string {
  return `${poolId}/${periodId}`;
}
