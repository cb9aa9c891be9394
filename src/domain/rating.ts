// Rating turns the quantities of one usage event into micro-credits. All terms are added as one exact fraction and the
// total is rounded once, up to the micro-credit: splitting a price into terms never costs or gives anything.
import { AMOUNT_MAX, MICRO_PER_CREDIT, dividedUp, greater, lesser, parseFraction } from './amount.ts';
import type { Fraction } from './amount.ts';
import type { BurnRate, PlainRate, RateRule } from './catalogue.ts';
import { refuse } from './rejection.ts';
import type { Refused } from './rejection.ts';

/** Counts of one usage event by name: `{ input_tokens: 1200n }`; whole and not negative. */
export type Quantities = Readonly<Record<string, bigint>>;

/** What an event says about itself besides its counts: `{ model: 'large', region: 'eu' }`. */
export type Dimensions = Readonly<Record<string, string>>;

/** A row of the burn table, as far as choosing one needs it. */
export interface DatedRate {
  readonly action: string;
  readonly effectiveFrom: Date;
}

/** The row whose turn it is at an instant: of this action, the latest that had begun; null when none had. */
export function rateInForce<Row extends DatedRate>(rows: readonly Row[], action: string, at: Date): Row | null {
  let inForce: Row | null = null;
  for (const row of rows) {
    if (row.action !== action || row.effectiveFrom > at) continue;
    if (inForce === null || row.effectiveFrom > inForce.effectiveFrom) inForce = row;
  }
  return inForce;
}

/** The row that takes over next: of this action, the earliest that begins after an instant; null when none does. */
export function nextRate<Row extends DatedRate>(rows: readonly Row[], action: string, after: Date): Row | null {
  let next: Row | null = null;
  for (const row of rows) {
    if (row.action !== action || row.effectiveFrom <= after) continue;
    if (next === null || row.effectiveFrom < next.effectiveFrom) next = row;
  }
  return next;
}

/**
 * Micro-credits of one usage event by the rule that its dimensions match: flat + Σ quantity ÷ each × credits + steps, at
 * least the minimum, rounded up once. Refuses dimensions that no rule prices, a quantity that the rate does not know, an
 * event that names none of the rate's quantities (it would be free by mistake), a negative count, and a total that no
 * amount holds. An absent quantity among several counts as zero.
 */
export function rate(burnRate: BurnRate, quantities: Quantities, dimensions: Dimensions = {}): bigint | Refused {
  const negative = Object.entries(quantities).find(([, count]) => count < 0n);
  if (negative !== undefined) {
    const [name, count] = negative;
    return refuse('invalid_request', `${name} is ${count}; a quantity is zero or more.`, { param: name });
  }
  const chosen = rateFor(burnRate, dimensions);
  if (chosen === 'free') return 0n;
  return 'rejected' in chosen ? chosen : plainRate(chosen, quantities);
}

/** The plain rate that an event with these dimensions has: of the first rule that matches, else what otherwise says. */
function rateFor(burnRate: BurnRate, dimensions: Dimensions): PlainRate | 'free' | Refused {
  const { rules, otherwise } = burnRate;
  if (rules === undefined) return burnRate;
  const rule = rules.find(({ when }) =>
    Object.entries(when).every(([name, wanted]) => {
      const value = Object.hasOwn(dimensions, name) ? dimensions[name] : undefined;
      return value !== undefined && (typeof wanted === 'string' ? wanted === value : wanted.includes(value));
    }),
  );
  if (rule !== undefined) return rule.rate;
  if (otherwise === 'rate') return burnRate;
  return otherwise === 'free' ? 'free' : noRule(rules, dimensions);
}

function plainRate(plain: PlainRate, quantities: Quantities): bigint | Refused {
  const exact = exactRate(plain);
  const counts = Object.entries(quantities);
  let numerator = exact.flat;
  for (const [name, count] of counts) {
    const steps = exact.terms.get(name);
    if (steps === undefined) return unknownQuantity(name, exact);
    numerator += stepped(steps, count);
  }
  if (counts.length === 0 && exact.terms.size > 0) {
    return refuse('invalid_request', `No quantity is given; this action is rated by ${known(exact)}.`, {
      param: 'quantities',
    });
  }
  const micro = greater(roundedUp(numerator, exact.denominator), exact.minimum);
  if (micro > AMOUNT_MAX) {
    return refuse('amount_out_of_range', 'This usage is worth more credits than an amount can hold.');
  }
  return micro;
}

/** Each step prices the part of the count that lies in it. */
function stepped(steps: readonly ExactStep[], count: bigint): bigint {
  let sum = 0n;
  let reached = 0n;
  for (const { upTo, weight } of steps) {
    const until = upTo === null ? count : lesser(count, upTo);
    if (until <= reached) break;
    sum += (until - reached) * weight;
    reached = until;
  }
  return sum;
}

/** The one place where usage is rounded: a part of a micro-credit counts as a whole one. */
function roundedUp(numerator: bigint, denominator: bigint): bigint {
  return dividedUp(numerator, denominator);
}

/** A rate over one common denominator, in micro-credits. */
interface ExactRate {
  readonly denominator: bigint;
  readonly flat: bigint;
  readonly terms: ReadonlyMap<string, readonly ExactStep[]>;
  readonly minimum: bigint;
}

interface ExactStep {
  readonly upTo: bigint | null;
  readonly weight: bigint;
}

const exactRates = new WeakMap<PlainRate, ExactRate>();

/** Rates are read once and used for each event, so the fractions are worked out once. */
function exactRate(plain: PlainRate): ExactRate {
  const earlier = exactRates.get(plain);
  if (earlier !== undefined) return earlier;
  const flat = fraction(plain.flat ?? '0');
  const terms = [
    ...(plain.per ?? []).map(({ quantity, each, credits }) => ({ quantity, each, steps: [{ upTo: null, credits }] })),
    ...(plain.tiers ?? []),
  ].map(({ quantity, each, steps }) => ({
    quantity,
    steps: steps.map(({ upTo, credits }) => {
      const { numerator, denominator } = fraction(credits);
      return { upTo, price: { numerator, denominator: denominator * BigInt(each) } };
    }),
  }));
  const prices = terms.flatMap(({ steps }) => steps.map(({ price }) => price));
  const denominator = prices.reduce(
    (common, price) => leastCommonMultiple(common, price.denominator),
    flat.denominator,
  );
  const scaled = (part: Fraction): bigint => (part.numerator * MICRO_PER_CREDIT * denominator) / part.denominator;
  const minimum = fraction(plain.minimum ?? '0');
  const exact = {
    denominator,
    flat: scaled(flat),
    terms: new Map(
      terms.map(({ quantity, steps }) => [
        quantity,
        steps.map(({ upTo, price }) => ({ upTo: upTo === null ? null : BigInt(upTo), weight: scaled(price) })),
      ]),
    ),
    minimum: roundedUp(minimum.numerator * MICRO_PER_CREDIT, minimum.denominator),
  };
  exactRates.set(plain, exact);
  return exact;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [greatest, rest] = [a, b];
  while (rest > 0n) [greatest, rest] = [rest, greatest % rest];
  return (a / greatest) * b;
}

/** The linter has read the rate before, so a bad number here is our mistake. */
function fraction(text: string): Fraction {
  const parsed = parseFraction(text);
  if (parsed === null) throw new Error(`a rate holds ${text}, which is no plain decimal`);
  return parsed;
}

function unknownQuantity(name: string, exact: ExactRate): Refused {
  const rest = exact.terms.size === 0 ? 'this action has a flat rate and takes none' : `known are ${known(exact)}`;
  return refuse('invalid_request', `The rate of this action knows no quantity ${name}; ${rest}.`, { param: name });
}

function known(exact: ExactRate): string {
  return [...exact.terms.keys()].join(', ');
}

function noRule(rules: readonly RateRule[], dimensions: Dimensions): Refused {
  const asked = [...new Set(rules.flatMap(({ when }) => Object.keys(when)))];
  const given = asked.map((name) => `${name} ${Object.hasOwn(dimensions, name) ? dimensions[name] : 'not given'}`);
  return refuse(
    'no_rate_for_dimensions',
    `No rule prices this action with ${given.join(', ')}. Send dimensions that the burn table lists, or add a rule.`,
    { param: 'dimensions', details: { asked } },
  );
}
