// Lots, draws and what is owed past them, in plain numbers: the part of the recomputation that counts credits. Credits are
// counted in millionths, money in cents. Imports nothing of the product.
import { halfUp, MICRO, type Offered, type OfferedPlan } from './recompute-prices.ts';

export interface Charge {
  readonly at: number;
  readonly what: string;
  minor: number;
}

export interface Lot {
  readonly from: number;
  readonly until: number;
  readonly promo: boolean;
  /** Of the cycle that included it. */
  readonly cycle: number | null;
  readonly granted: number;
  readonly price: number;
  left: number;
  /** Ended, and paid back, by notes and refunds. */
  clawed: number;
  back: number;
}

export interface Cycle {
  readonly number: number;
  readonly from: number;
  readonly until: number;
  plan: OfferedPlan;
  overage: number;
  /** What lots paid. */
  paid: number;
  /** An item on its invoice, or a note, puts it right to the cent. */
  exact: boolean;
  /** Owed at the price of a plan before. */
  owedBefore: number;
  prorated: number;
  seatsMost: number;
  charge: Charge | null;
}

interface Use {
  readonly cycle: Cycle;
  readonly draws: readonly { readonly lot: Lot; readonly amount: number }[];
  readonly overage: number;
  readonly debt: number;
}

export interface Life {
  readonly offered: Offered;
  readonly anchor: number;
  plan: OfferedPlan;
  seats: number;
  readonly lots: Lot[];
  readonly charges: Charge[];
  readonly uses: (Use & { readonly name: string })[];
  readonly packs: Map<string, Lot>;
  debt: number;
  /** Fewer than 1 000 were left, if only while some were held. */
  wantsTopUp: boolean;
  cardWorks: boolean;
  /** A declined card pauses them until a person resumes them; here nobody does. */
  topUps: 'bought' | 'paused';
  /** Cents of credit grants by another hand. */
  gift: number;
  current: Cycle | null;
  /** Has ended, and still takes what is told of it. */
  waiting: { readonly cycle: Cycle } | null;
  next: OfferedPlan | null;
  endsWithCycle: boolean;
  lastTopUp: { readonly at: number; readonly month: string; readonly spent: number };
}

export function lives({ from, until }: Lot, at: number): boolean {
  return from <= at && at < until;
}

function stood({ from, until }: Lot, end: number): boolean {
  return from < end && until >= end;
}

/** A new lot pays what is owed in credits, then overage that is not final. */
export function openLot(
  life: Life,
  lot: Pick<Lot, 'from' | 'until' | 'granted'> & Partial<Pick<Lot, 'promo' | 'cycle' | 'price'>>,
): Lot {
  const opened = { promo: false, cycle: null, price: 0, clawed: 0, back: 0, ...lot, left: lot.granted };
  life.lots.push(opened);
  const paid = Math.min(life.debt, opened.left);
  life.debt -= paid;
  opened.left -= paid;
  for (const owing of [life.waiting?.cycle, life.current]) {
    if (owing == null || (owing !== life.current && !stood(opened, owing.until))) continue;
    const down = Math.min(owing.overage, opened.left);
    owing.overage -= down;
    owing.paid += down;
    opened.left -= down;
  }
  return opened;
}

/** Draws a use from the lots of its cycle; what they cannot pay is owed, in money or in credits. */
export function use(life: Life, at: number, amount: number, late: boolean): Use {
  const cycle = late && life.waiting !== null ? life.waiting.cycle : life.current;
  if (cycle === null) throw new Error(`a use at ${new Date(at).toISOString()} belongs to no cycle`);
  const may = life.lots.filter((lot) => (cycle === life.current ? lives(lot, at) : stood(lot, cycle.until)));
  const draws: { lot: Lot; amount: number }[] = [];
  let rest = amount;
  for (const lot of may.toSorted((a, b) => byEnd(a, b) || Number(b.promo) - Number(a.promo) || a.from - b.from)) {
    const taken = Math.min(lot.left, rest);
    lot.left -= taken;
    cycle.paid += taken;
    rest -= taken;
    if (taken > 0) draws.push({ lot, amount: taken });
  }
  const isBilled = cycle.plan.policy.zeroBalance === 'overage';
  if (isBilled) cycle.overage += rest;
  else life.debt += rest;
  return { cycle, draws, overage: isBilled ? rest : 0, debt: isBilled ? 0 : rest };
}

function byEnd(a: Lot, b: Lot): number {
  return a.until === b.until ? 0 : a.until - b.until;
}

export function reverse(life: Life, at: number, name: string): void {
  const undone = life.uses.find((one) => one.name === name);
  if (undone === undefined) throw new Error(`no use ${name}`);
  const forgiven = Math.min(undone.debt, life.debt);
  life.debt -= forgiven;
  const { cycle, draws } = undone;
  let rest = draws.reduce((sum, { amount }) => sum + amount, undone.overage + undone.debt) - forgiven;
  const overage = Math.min(rest, cycle.overage);
  cycle.overage -= overage;
  rest -= overage;
  for (const { lot, amount } of draws.toReversed()) {
    const back = lives(lot, at) ? Math.min(amount, rest) : 0;
    lot.left += back;
    cycle.paid -= back;
    rest -= back;
  }
  if (rest > 0) openLot(life, { from: at, until: Infinity, promo: true, granted: rest });
}

/** Money that goes back for a pack ends the share of its credits that it had bought. */
export function clawBack(lot: Lot | undefined, minor: number): void {
  if (lot === undefined) throw new Error('money goes back for a pack that was never bought');
  const spent = lot.granted - lot.left - lot.clawed;
  const most = Math.max(0, lot.price - halfUp(lot.price * spent, lot.granted) - lot.back);
  const share = Math.floor(((lot.back + minor) * lot.granted) / lot.price) - lot.clawed;
  const ended = minor >= most ? lot.left : Math.min(lot.left, Math.max(0, share));
  lot.left -= ended;
  lot.clawed += ended;
  lot.back += minor;
}

/**
 * What a cycle's overage costs, of begun thousandths of a credit, in cents. Stripe takes the credits' worth, rounded up,
 * off the whole usage, rounded half up: where that is a cent less, and nothing had to be put right, the cent is the customer's.
 */
export function owed({ plan: { pricePerCredit }, overage, paid, exact: isPutRight }: Cycle): number {
  const price = Math.round(Number(pricePerCredit) * MICRO);
  const exact = halfUp(Math.ceil(overage / 1_000) * price, 10_000_000);
  const asked = halfUp(Math.floor((paid + overage) / 1_000) * price, 10_000_000) - Math.ceil((paid * price) / 1e10);
  return exact > 0 && !isPutRight && exact - asked === 1 ? asked : exact;
}

/** Notes something that an invoice asks for, or a note gives back. */
export function charge(life: Life, at: number, what: string, minor: number): Charge {
  const made = { at, what, minor };
  life.charges.push(made);
  return made;
}
