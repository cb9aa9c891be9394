// Rating turns the quantities of one usage event into micro-credits. All terms are added as one exact fraction and the
// total is rounded once, up to the micro-credit: splitting a price into terms never costs or gives anything.
import { AMOUNT_MAX, MICRO_PER_CREDIT, dividedUp, greater, parseFraction } from './amount.ts';
import type { Fraction } from './amount.ts';
import type { BurnRate } from './catalogue.ts';
import { refuse } from './rejection.ts';
import type { Refused } from './rejection.ts';

/** Counts of one usage event by name: `{ input_tokens: 1200n }`; whole and not negative. */
export type Quantities = Readonly<Record<string, bigint>>;

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

/**
 * Micro-credits of one usage event: flat + Σ quantity ÷ each × credits, at least the minimum, rounded up once.
 * Refuses a quantity that the rate does not know, an event that names none of the rate's quantities (it would be free
 * by mistake), a negative count, and a total that no amount holds. An absent quantity among several counts as zero.
 */
export function rate(burnRate: BurnRate, quantities: Quantities): bigint | Refused {
  const exact = exactRate(burnRate);
  const counts = Object.entries(quantities);
  let numerator = exact.flat;
  for (const [name, count] of counts) {
    const weight = exact.weights.get(name);
    if (weight === undefined) return unknownQuantity(name, exact);
    if (count < 0n)
      return refuse('invalid_request', `${name} is ${count}; a quantity is zero or more.`, { param: name });
    numerator += weight * count;
  }
  if (counts.length === 0 && exact.weights.size > 0) {
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

/** The one place where usage is rounded: a part of a micro-credit counts as a whole one. */
function roundedUp(numerator: bigint, denominator: bigint): bigint {
  return dividedUp(numerator, denominator);
}

/** A rate over one common denominator, in micro-credits. */
interface ExactRate {
  readonly denominator: bigint;
  readonly flat: bigint;
  readonly weights: ReadonlyMap<string, bigint>;
  readonly minimum: bigint;
}

const exactRates = new WeakMap<BurnRate, ExactRate>();

/** Rates are read once and used for each event, so the fractions are worked out once. */
function exactRate(burnRate: BurnRate): ExactRate {
  const earlier = exactRates.get(burnRate);
  if (earlier !== undefined) return earlier;
  const flat = fraction(burnRate.flat ?? '0');
  const terms = (burnRate.per ?? []).map(({ quantity, credits, each }) => {
    const { numerator, denominator } = fraction(credits);
    return { quantity, numerator, denominator: denominator * BigInt(each) };
  });
  const denominator = terms.reduce((product, term) => product * term.denominator, flat.denominator);
  const scaled = (part: Fraction): bigint => (part.numerator * MICRO_PER_CREDIT * denominator) / part.denominator;
  const minimum = fraction(burnRate.minimum ?? '0');
  const exact = {
    denominator,
    flat: scaled(flat),
    weights: new Map(terms.map((term) => [term.quantity, scaled(term)])),
    minimum: roundedUp(minimum.numerator * MICRO_PER_CREDIT, minimum.denominator),
  };
  exactRates.set(burnRate, exact);
  return exact;
}

/** The linter has read the rate before, so a bad number here is our mistake. */
function fraction(text: string): Fraction {
  const parsed = parseFraction(text);
  if (parsed === null) throw new Error(`a rate holds ${text}, which is no plain decimal`);
  return parsed;
}

function unknownQuantity(name: string, exact: ExactRate): Refused {
  const rest = exact.weights.size === 0 ? 'this action has a flat rate and takes none' : `known are ${known(exact)}`;
  return refuse('invalid_request', `The rate of this action knows no quantity ${name}; ${rest}.`, { param: name });
}

function known(exact: ExactRate): string {
  return [...exact.weights.keys()].join(', ');
}
