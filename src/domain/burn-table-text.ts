// The burn table in customers' words: what a thing costs, and what one credit buys. What it costs us is nowhere in it.
import { dividedDown, parseFraction } from './amount.ts';
import type { BurnRate, PlainRate, RateRule } from './catalogue.ts';
import { listed } from './phrases.ts';
import { grouped, groupedDecimal } from './written-figures.ts';

type Words = Readonly<Record<string, string>>;

/** What customers call an action; where nobody has said, its own name as words. */
export function actionWords(action: string, words: Words): string {
  return words[action] ?? `“${action.replaceAll(/[._-]/g, ' ')}”`;
}

export interface PriceText {
  /** "costs 20 credits" */
  readonly price: string;
  /** Other prices by what a use says of itself: "7 credits where model is large" */
  readonly cases: readonly string[];
}

/** What one use costs. */
export function priceWords(rate: BurnRate, words: Words): PriceText {
  const cases = (rate.rules ?? []).map((rule) => caseText(rule, words));
  const plain = plainText(rate, words);
  if (cases.length === 0 || rate.otherwise === 'rate') return { price: `costs ${plain}`, cases };
  return { price: rate.otherwise === 'free' ? 'is free, except' : 'is priced by what it is', cases };
}

function caseText({ when, rate }: RateRule, words: Words): string {
  const conditions = Object.entries(when).map(([name, values]) => {
    const choices = typeof values === 'string' ? [values] : values;
    return `${name.replaceAll(/[._-]/g, ' ')} is ${choices.join(' or ')}`;
  });
  return `${plainText(rate, words)} where ${listed(conditions)}`;
}

function plainText({ flat, per = [], tiers = [], minimum }: PlainRate, words: Words): string {
  const parts = [
    ...(flat === undefined ? [] : [creditsText(flat)]),
    ...per.map(({ quantity, credits, each }) => `${creditsText(credits)} for ${amountOf(quantity, each, words)}`),
    ...tiers.map(({ quantity, each, steps }) => {
      const told = steps.map(({ upTo, credits }) =>
        upTo === null ? `${creditsText(credits)} beyond` : `${creditsText(credits)} up to ${grouped(String(upTo))}`,
      );
      return `for ${amountOf(quantity, each, words)} ${listed(told)}`;
    }),
  ];
  const least = minimum === undefined ? '' : `, at least ${creditsText(minimum)}`;
  return `${parts.length === 0 ? 'nothing' : parts.join(' plus ')}${least}`;
}

function creditsText(credits: string): string {
  return credits === '1' ? '1 credit' : `${groupedDecimal(credits)} credits`;
}

/** (input_tokens, 1000) → "every 1,000 input tokens", (calls, 1) → "every call" */
function amountOf(quantity: string, each: number, words: Words): string {
  return each === 1
    ? `every ${counted(quantity, 1n, words)}`
    : `every ${grouped(String(each))} ${nameOf(quantity, words)}`;
}

function nameOf(quantity: string, words: Words): string {
  return words[quantity] ?? quantity.replaceAll(/[._-]/g, ' ');
}

/** Quantities are named in the plural; one of them loses its s. */
function counted(quantity: string, count: bigint, words: Words): string {
  const name = nameOf(quantity, words);
  return count === 1n ? name.replace(/(?<!s)s$/, '') : name;
}

/** What one credit buys of each quantity, rounded down: ["1,000 input tokens", "333 output tokens"]. */
export function oneCreditBuys(rate: BurnRate, words: Words): readonly string[] {
  return (rate.per ?? []).flatMap(({ quantity, credits, each }) => {
    const price = parseFraction(credits);
    if (price === null || price.numerator === 0n) return [];
    const count = dividedDown(BigInt(each) * price.denominator, price.numerator);
    return count < 1n ? [] : [`${grouped(count.toString())} ${counted(quantity, count, words)}`];
  });
}

/** How many figures somebody needs who wants to work the price out. */
export function priceParts({ flat, per = [], tiers = [], rules = [] }: BurnRate): number {
  const steps = tiers.reduce((sum, tier) => sum + tier.steps.length, 0);
  return (flat === undefined ? 0 : 1) + per.length + steps + rules.length;
}
