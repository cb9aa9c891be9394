// What Stripe's invoices should come to, worked out once more from raw inputs: the log of what was done, and the catalogue.
// It imports nothing of the product. The rules that it has again, in its own words and in plain numbers:
//  1. A use costs 1 credit for 1 000 tokens in and 3 for 1 000 out; a report its flat rate of the day.
//  2. A cycle lasts a calendar month from the anchor. Uses told within 45 minutes of its end, and said to be of it, are its own.
//  3. Credits are drawn by the earliest end, then promotions first, then the earliest beginning, then as they came.
//  4. Included credits end with the cycle (those 45 minutes included); `rolling` keeps at most half of what the cycle
//     included, for one cycle more. Packs end after 90 days, gifts when they say.
//  5. Past its lots a plan with overage owes the price of a credit; new lots pay overage of a cycle that still takes usage.
//     Plans that block, or top up, owe credits instead: the next lots pay those, and no invoice asks for them.
//  6. `top-up` buys 5 000 credits for $45.00 when fewer than 1 000 are left, for at most $135.00 in a calendar month, at
//     most once in 30 minutes, until a declined card stops it.
//  7. A seat more brings its share of the cycle's credits, rounded up to whole ones, beyond the most seats of the cycle so far.
//  8. Seats and plans that change within a cycle are prorated by the second. A plan that begins at once ends what the old
//     one included and brings its own; what was owed before is owed at the old price.
//  9. A cycle's invoice is its overage and the next fee; a cancellation's the overage alone. Half a cent is a cent.
// 10. A credit note takes off what it names. On a pack it, and a refund, end the share of its credits, as far as unspent.
//     A voided invoice asks for nothing, and what is left of the credits that its fee included ends.
// 11. A credit grant that a hand makes at Stripe is a gift: it takes off overage until somebody finds and ends it.
// 12. Undoing a use takes it off what is owed first, then gives it back to the lots it came from, the last one first.
import { boundary, type Hand } from './lives.ts';
import type { LogEntry } from './log.ts';
import { charge, type Charge, clawBack, type Life, openLot, owed, reverse, use } from './recompute-lots.ts';
import { buy, lessGift, noteLow, topUp, voidNewest, waive } from './recompute-packs.ts';
import { costOf, MICRO, type Offered, type OfferedPlan, packOf, part, planOf, reportCost } from './recompute-prices.ts';

const [MINUTE, DAY] = [60_000, 86_400_000];
const CUT_OFF = 45 * MINUTE;

/** What one customer's invoices, less its notes, should come to by an instant; entries are its own, in their order. */
export function expectedCharges(offered: Offered, entries: readonly LogEntry[], until: number): readonly Charge[] {
  const [first] = entries;
  if (first?.deed.what !== 'sign_up') throw new Error('a life begins with its sign-up');
  const { plan, seats } = first.deed;
  const life: Life = {
    offered,
    anchor: first.at,
    plan: planOf(offered, plan),
    seats,
    lots: [],
    charges: [],
    uses: [],
    packs: new Map(),
    debt: 0,
    gift: 0,
    wantsTopUp: false,
    cardWorks: true,
    topUps: 'bought',
    current: null,
    waiting: null,
    next: null,
    endsWithCycle: false,
    lastTopUp: { at: 0, month: '', spent: 0 },
  };
  for (const [index, entry] of entries.entries()) {
    pass(life, entry.at);
    if (entry.outcome === 'done') happened(life, entry);
    noteLow(life, entry.at, 0);
    // What is wanted at one moment is bought when all of it is done.
    if (entries[index + 1]?.at !== entry.at) topUp(life, entry.at);
  }
  pass(life, until);
  return life.charges;
}

function happened(life: Life, { at, deed, of = '', minor = 0, why }: LogEntry): void {
  const { plan, seats, offered } = life;
  switch (deed.what) {
    case 'sign_up':
      charge(life, at, 'sign-up', plan.baseAmountMinor * seats);
      return begin(life, 0);
    case 'use':
      life.uses.push({ name: of, ...use(life, at, costOf(deed.tokens), deed.late === true) });
      return;
    case 'hold':
      noteLow(life, at, costOf(deed.tokens));
      use(life, at, costOf(deed.used), false);
      return;
    case 'report':
      life.uses.push({ name: of, ...use(life, at, reportCost(offered, at), false) });
      return;
    case 'reverse':
      reverse(life, at, of);
      return;
    case 'gift':
      openLot(life, { from: at, until: at + deed.days * DAY, promo: true, granted: deed.credits * MICRO });
      return;
    case 'pack':
      charge(life, at, of, packOf(offered, deed.pack).amountMinor);
      buy(life, at, deed.pack, of);
      return;
    case 'declined_pack':
      charge(life, at, of, packOf(offered, deed.pack).amountMinor);
      if (why === 'paid') buy(life, at, deed.pack, of);
      return;
    case 'settle_declined_pack':
      if (why === 'paid') buy(life, at, 'pack-5k', of);
      else waive(life, of);
      return;
    case 'seats':
      changeSeats(life, at, deed.by, deed.by > 0);
      return;
    case 'change_plan':
      if (deed.starts === 'now') changePlan(life, at, planOf(offered, deed.plan));
      else life.next = planOf(offered, deed.plan);
      return;
    case 'cancel':
      cancel(life, at);
      return;
    case 'cancel_at_period_end':
      life.endsWithCycle = true;
      return;
    case 'note_on_fee':
    case 'note_for_refund':
    case 'refund_of_pack':
      charge(life, at, 'note', -minor);
      if (deed.what === 'refund_of_pack') clawBack(life.packs.get(of), minor);
      return;
    case 'gift_ended':
      life.gift = 0;
      return;
    case 'card':
      topUp(life, at);
      life.cardWorks = deed.works;
      return;
    case 'wire':
    case 'dispute':
    case 'decide_dispute':
      return;
    case 'hand':
      byHand(life, { at, of, minor }, deed.hand, deed.minor);
  }
}

function byHand(
  life: Life,
  { at, of, minor }: { readonly at: number; readonly of: string; readonly minor: number },
  hand: Hand,
  asked: number,
): void {
  if (hand === 'foreign_grant') life.gift += asked;
  if (hand === 'credit_note') charge(life, at, 'note', -minor);
  if (hand === 'refund_of_pack') clawBack(life.packs.get(of), minor);
  if (hand === 'void_grant' && life.current !== null) life.current.exact = true;
  if (hand === 'prorated_seat') changeSeats(life, at, -1, true);
  if (hand === 'void_invoice') voidNewest(life);
}

/** What time alone does: cycles end, and 45 minutes later what belongs to them is final. */
function pass(life: Life, at: number): void {
  for (;;) {
    const cut = life.waiting === null ? Infinity : life.waiting.cycle.until + CUT_OFF;
    const end = life.current?.until ?? Infinity;
    if (Math.min(cut, end) > at) return;
    if (cut <= end) {
      cutOff(life);
      noteLow(life, cut, 0);
      topUp(life, cut);
    } else endCycle(life);
  }
}

function begin(life: Life, number: number): void {
  const { anchor, plan, seats } = life;
  const [from, until] = [boundary(anchor, number), boundary(anchor, number + 1)];
  life.current = {
    number,
    from,
    until,
    plan,
    overage: 0,
    paid: 0,
    exact: false,
    owedBefore: 0,
    prorated: 0,
    seatsMost: seats,
    charge: null,
  };
  openLot(life, { from, until, cycle: number, granted: Number(plan.includedCredits) * seats * MICRO });
}

function endCycle(life: Life): void {
  const { current: cycle } = life;
  if (cycle === null) return;
  life.current = null;
  life.plan = life.next ?? life.plan;
  life.next = null;
  const fee = life.endsWithCycle ? 0 : life.plan.baseAmountMinor * life.seats;
  cycle.charge = charge(life, cycle.until, `cycle ${cycle.number}`, fee + cycle.prorated);
  life.waiting = { cycle };
  if (!life.endsWithCycle) begin(life, cycle.number + 1);
}

function cutOff(life: Life): void {
  const cycle = life.waiting?.cycle;
  life.waiting = null;
  if (cycle?.charge == null) return;
  cycle.charge.minor += lessGift(life, owed(cycle)) + cycle.owedBefore;
  const included = life.lots.filter((lot) => lot.cycle === cycle.number);
  let room = cycle.plan.policy.rollover === 'none' ? 0 : included.reduce((sum, { granted }) => sum + granted, 0) / 2;
  for (const lot of included) {
    const granted = Math.min(lot.left, room);
    room -= granted;
    if (life.current !== null) openLot(life, { from: lot.from, until: life.current.until, granted });
    lot.left = 0;
  }
}

function changeSeats(life: Life, at: number, by: number, prorates: boolean): void {
  const { current: cycle, plan, seats } = life;
  if (cycle === null) return;
  life.seats = seats + by;
  if (prorates) {
    cycle.prorated +=
      part(cycle, at, plan.baseAmountMinor * (seats + by)) - part(cycle, at, plan.baseAmountMinor * seats);
  }
  const more = life.seats - cycle.seatsMost;
  if (more <= 0) return;
  cycle.seatsMost = life.seats;
  const share = (Number(plan.includedCredits) * more * (cycle.until - at)) / (cycle.until - cycle.from);
  openLot(life, { from: at, until: cycle.until, cycle: cycle.number, granted: Math.ceil(share) * MICRO });
}

function changePlan(life: Life, at: number, to: OfferedPlan): void {
  const { current: cycle, plan, seats, lots } = life;
  if (cycle === null) return;
  cycle.prorated += part(cycle, at, to.baseAmountMinor * seats) - part(cycle, at, plan.baseAmountMinor * seats);
  cycle.exact = true;
  cycle.owedBefore += owed(cycle);
  cycle.overage = 0;
  cycle.paid = 0;
  for (const lot of lots) if (lot.cycle === cycle.number) lot.left = 0;
  life.plan = to;
  cycle.plan = to;
  openLot(life, {
    from: at,
    until: cycle.until,
    cycle: cycle.number,
    granted: Number(to.includedCredits) * seats * MICRO,
  });
}

function cancel(life: Life, at: number): void {
  const { current: cycle } = life;
  if (cycle !== null) charge(life, at, 'cancellation', lessGift(life, owed(cycle)) + cycle.owedBefore + cycle.prorated);
  life.current = null;
}
