// What each customer of the simulated year does, and when: drawn from the seed alone, so the same again for the same seed.
import { chance, between, pick, randomOf, type Random } from './random.ts';

export interface Tokens {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** Something somebody does; a number of money is in minor units, of credits in whole credits. */
export type Deed =
  | { readonly what: 'sign_up'; readonly plan: string; readonly seats: number; readonly pays: 'card' | 'invoice' }
  | { readonly what: 'use'; readonly tokens: Tokens; readonly late?: true }
  | { readonly what: 'report' }
  | { readonly what: 'hold'; readonly tokens: Tokens; readonly used: Tokens }
  | { readonly what: 'reverse' }
  | { readonly what: 'gift'; readonly credits: number; readonly days: number }
  | { readonly what: 'pack'; readonly pack: 'pack-5k' | 'pack-10k' }
  | { readonly what: 'declined_pack'; readonly pack: 'pack-5k'; readonly later: 'paid' | 'voided' }
  | { readonly what: 'settle_declined_pack' }
  | { readonly what: 'seats'; readonly by: number }
  | { readonly what: 'change_plan'; readonly plan: string; readonly starts: 'now' | 'period_end' }
  | { readonly what: 'cancel' }
  | { readonly what: 'cancel_at_period_end' }
  | { readonly what: 'note_on_fee'; readonly minor: number; readonly settleAs: 'customer_balance' | 'refund' }
  | { readonly what: 'refund_of_pack'; readonly minor: number }
  | { readonly what: 'dispute' }
  | { readonly what: 'decide_dispute'; readonly outcome: 'won' | 'lost' }
  | { readonly what: 'card'; readonly works: boolean }
  | { readonly what: 'wire' }
  | { readonly what: 'hand'; readonly hand: Hand; readonly minor: number };

/** What somebody does directly at Stripe, in its dashboard or with the API key, past this service. */
export const HANDS = [
  'void_grant',
  'foreign_grant',
  'credit_note',
  'balance',
  'meter_event',
  'refund_of_pack',
  'refund_fails',
  'archive_price',
  'rename_product',
  'prorated_seat',
  'void_invoice',
] as const;
export type Hand = (typeof HANDS)[number];

export interface Act {
  readonly at: number;
  readonly customer: number;
  readonly deed: Deed;
}

/** Customers share a few anchors, in days, hours and minutes of January: one of them on a day that February has not. */
const ANCHORS = [
  [1, 0, 0],
  [4, 9, 30],
  [11, 17, 15],
  [18, 6, 0],
  [25, 12, 0],
  [31, 20, 45],
] as const;

/** So few customers share fewer of them, or time would stop more often than something happens. */
const FEW = 30;
const ANCHORS_OF_FEW = [ANCHORS[0], ANCHORS[5], ANCHORS[2]] as const;

const PLANS = ['hybrid', 'hybrid', 'rolling', 'rolling', 'seats', 'seats', 'cost-plus', 'cost-plus', 'top-up'] as const;
type PlanName = (typeof PLANS)[number] | 'hybrid-plus';
/** Credits that a cycle of the plan uses at most, for a seat where it has seats. */
const APPETITE: Readonly<Record<PlanName, number>> = {
  hybrid: 19_000,
  'hybrid-plus': 38_000,
  rolling: 8_000,
  seats: 1_500,
  'cost-plus': 14_000,
  'top-up': 9_000,
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After the beginning of a cycle; two more lie around its end. */
const SLOTS = [2 * DAY + 12 * HOUR, 8 * DAY, 15 * DAY, 22 * DAY];

/** Everything that happens before `until`, in order. */
export function livesOf(seed: number, { customers, months }: { customers: number; months: number }): readonly Act[] {
  const until = Date.UTC(2025, months, 1);
  const acts: Act[] = [];
  for (let customer = 0; customer < customers; customer += 1) {
    const anchors = customers < FEW ? ANCHORS_OF_FEW : ANCHORS;
    const anchor = anchors[customer % anchors.length] ?? ANCHORS[0];
    const life = lifeOf(randomOf(`${seed}/${customer}`), { customer, months, anchor });
    acts.push(...life.filter(({ at }) => at < until));
  }
  return acts.toSorted((a, b) => a.at - b.at || a.customer - b.customer);
}

/** The n-th end of a cycle that began at the anchor: so many calendar months on, on the last day where the month is short. */
export function boundary(anchor: number, n: number): number {
  const from = new Date(anchor);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + n];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(from.getUTCDate(), last), from.getUTCHours(), from.getUTCMinutes());
}

function lifeOf(
  random: Random,
  {
    customer,
    months,
    anchor: [day, hour, minute],
  }: { customer: number; months: number; anchor: (typeof ANCHORS)[number] },
): readonly Act[] {
  const joins = chance(random, 0.75) ? 0 : between(random, 1, Math.max(1, months - 2));
  const anchor = Date.UTC(2025, joins, Math.min(day, 28 + (joins === 0 ? 3 : 0)), hour, minute);
  let plan: PlanName = pick(random, PLANS);
  let seats = plan === 'seats' ? between(random, 2, 8) : 1;
  const pays = plan !== 'cost-plus' && chance(random, 0.08) ? 'invoice' : 'card';
  const acts: Act[] = [{ at: anchor, customer, deed: { what: 'sign_up', plan, seats, pays } }];
  let declined = false;
  for (let cycle = 0; cycle < months; cycle += 1) {
    const [from, end] = [boundary(anchor, cycle), boundary(anchor, cycle + 1)];
    const drawn = cycleOf(random, { plan, seats, pays, isFirst: cycle === 0, declined });
    for (const { slot, deed } of drawn.deeds) acts.push({ at: instantOf(slot, from, end), customer, deed });
    ({ plan, seats, declined } = drawn);
    if (drawn.ends) break;
  }
  return acts;
}

function instantOf(slot: number, from: number, end: number): number {
  const offset = SLOTS[slot];
  if (offset !== undefined) return from + offset;
  if (slot === 4) return end - 6 * HOUR;
  return slot === 5 ? end + 20 * MINUTE : from + 18 * DAY;
}

interface Standing {
  readonly plan: PlanName;
  readonly seats: number;
  readonly pays: 'card' | 'invoice';
  readonly isFirst: boolean;
  readonly declined: boolean;
}

interface Placed {
  /** 0 to 3: within the cycle; 4: hours before its end; 5: minutes after it, before the cut-off; 6: a day without usage. */
  readonly slot: number;
  readonly deed: Deed;
}

function cycleOf(
  random: Random,
  standing: Standing,
): Pick<Standing, 'plan' | 'seats' | 'declined'> & { readonly deeds: readonly Placed[]; readonly ends: boolean } {
  const { pays, isFirst } = standing;
  let { plan, seats } = standing;
  const deeds: Placed[] = usageOf(random, APPETITE[plan] * seats);
  const add = (slot: number, ...done: readonly Deed[]): void => {
    for (const deed of done) deeds.push({ slot, deed });
  };
  const bought = chance(random, plan === 'cost-plus' ? 0.8 : plan === 'top-up' ? 0 : 0.15);
  if (bought) add(between(random, 0, 2), { what: 'pack', pack: chance(random, 0.5) ? 'pack-5k' : 'pack-10k' });
  if (chance(random, 0.08)) add(between(random, 0, 3), { what: 'gift', credits: between(random, 50, 600), days: 25 });
  if (chance(random, 0.08)) add(between(random, 1, 4), { what: 'reverse' });
  if (plan === 'seats' && chance(random, 0.3)) {
    const by = seats > 2 && chance(random, 0.4) ? -1 : between(random, 1, 3);
    add(between(random, 0, 3), { what: 'seats', by });
    seats += by;
  }
  if (!isFirst && plan !== 'cost-plus' && chance(random, 0.05)) {
    const settleAs = pays === 'card' && chance(random, 0.5) ? 'refund' : 'customer_balance';
    add(between(random, 1, 3), { what: 'note_on_fee', minor: between(random, 100, 1_500), settleAs });
  }
  if (bought && chance(random, 0.15)) add(3, { what: 'refund_of_pack', minor: between(random, 50, 1_200) });
  if (bought && plan === 'cost-plus' && chance(random, 0.12)) {
    add(3, { what: 'dispute' });
    add(4, { what: 'decide_dispute', outcome: chance(random, 0.5) ? 'won' : 'lost' });
  }
  if (plan !== 'top-up' && chance(random, 0.03)) {
    add(1, { what: 'declined_pack', pack: 'pack-5k', later: chance(random, 0.5) ? 'paid' : 'voided' });
    add(2, { what: 'settle_declined_pack' });
  }
  // A card that is declined at the renewal works again two days later, before Stripe tries it once more.
  if (standing.declined) deeds.unshift({ slot: 0, deed: { what: 'card', works: true } });
  const declined = pays === 'card' && chance(random, 0.04);
  if (declined) add(4, { what: 'card', works: false });
  if (chance(random, 0.1)) {
    const hand = pick(random, HANDS);
    const slot = hand === 'void_invoice' ? 0 : between(random, 1, 3);
    add(slot, { what: 'hand', hand, minor: between(random, 100, 900) });
  }
  if (pays === 'invoice' && !isFirst) add(1, { what: 'wire' });
  if ((plan === 'hybrid' || plan === 'hybrid-plus') && chance(random, 0.06)) {
    const to = plan === 'hybrid' ? 'hybrid-plus' : 'hybrid';
    add(6, { what: 'change_plan', plan: to, starts: chance(random, 0.6) ? 'now' : 'period_end' });
    plan = to;
  }
  const ends = !isFirst && chance(random, 0.025);
  if (ends) add(6, { what: chance(random, 0.6) ? 'cancel' : 'cancel_at_period_end' });
  return { deeds, plan, seats, declined, ends };
}

/** A few uses that come to the whole, unevenly; now and then one is told after the end of its cycle. */
function usageOf(random: Random, most: number): Placed[] {
  const deeds: Placed[] = [];
  const whole = Math.floor(most * (0.2 + 0.8 * random()));
  const uses = between(random, 2, 5);
  for (let use = 0; use < uses; use += 1) {
    const tokens = tokensOf(random, Math.floor((whole / uses) * (0.5 + random())));
    if (chance(random, 0.15)) {
      const used = { ...tokens, input_tokens: Math.floor(tokens.input_tokens * (0.4 + 0.7 * random())) };
      deeds.push({ slot: between(random, 0, 4), deed: { what: 'hold', tokens, used } });
    } else deeds.push({ slot: between(random, 0, 4), deed: { what: 'use', tokens } });
  }
  if (chance(random, 0.4)) deeds.push({ slot: between(random, 0, 4), deed: { what: 'report' } });
  if (chance(random, 0.2)) {
    deeds.push({ slot: 5, deed: { what: 'use', tokens: tokensOf(random, between(random, 1, 400)), late: true } });
  }
  return deeds;
}

/** Tokens that cost about so many credits: 1 for a thousand in, 3 for a thousand out. */
function tokensOf(random: Random, credits: number): Tokens {
  const output = Math.floor(random() * Math.min(credits, 3_000) * 100);
  return { input_tokens: Math.max(1, credits * 1_000 - 3 * output), output_tokens: output };
}
