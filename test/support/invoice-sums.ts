// Every invoice that crosses the wire, worked out again from quantities, prices and rates; shares no code with what made it.
import { chargesOf, halfUp, isNearest, type KnownPrice, scaled } from './priced-lines.ts';

interface Amount {
  readonly amount: number;
}
interface Tax extends Amount {
  readonly tax_behavior: string;
  readonly taxable_amount: number | null;
  readonly tax_rate_details?: { readonly tax_rate: string } | null;
}
interface Line extends Amount {
  readonly id: string;
  readonly quantity_decimal: string | null;
  readonly description: string | null;
  readonly period: { readonly start: number; readonly end: number };
  readonly subscription: string | null;
  readonly discount_amounts: readonly (Amount & { readonly discount: string })[] | null;
  readonly pretax_credit_amounts: readonly (Amount & { readonly type: string })[] | null;
  readonly taxes: readonly Tax[] | null;
  readonly pricing: {
    readonly unit_amount_decimal: string | null;
    readonly price_details?: { readonly price: string | { readonly id: string } };
  } | null;
  readonly parent: Readonly<Record<string, unknown>> | null;
}
export interface Invoice {
  readonly object: 'invoice';
  readonly id?: string;
  readonly status: string;
  readonly lines: { readonly data: readonly Line[]; readonly has_more: boolean };
  readonly subtotal: number;
  readonly total: number;
  readonly total_discount_amounts: readonly Amount[] | null;
  readonly total_pretax_credit_amounts: readonly Amount[] | null;
  readonly total_taxes: readonly Tax[] | null;
  readonly amount_due: number;
  readonly amount_paid: number;
  readonly amount_remaining: number;
  readonly starting_balance: number;
  readonly ending_balance: number | null;
  readonly pre_payment_credit_notes_amount: number;
}

/** What was learnt of prices, rates, coupons and periods on the way. */
export interface Known {
  readonly prices: Map<string, KnownPrice>;
  readonly percentages: Map<string, number>;
  /** Percent off, by discount. */
  readonly percentsOff: Map<string, number>;
  readonly coupons: Map<string, number>;
  /** Whole periods of a subscription's items, `start-end`. */
  readonly periods: Map<string, Set<string>>;
  /** Lines of final invoices that are too long for one page. */
  readonly pages: Map<string, { readonly lines: Map<string, Line>; complete: boolean }>;
}

export function nothingKnown(): Known {
  return {
    prices: new Map(),
    percentages: new Map(),
    percentsOff: new Map(),
    coupons: new Map(),
    periods: new Map(),
    pages: new Map(),
  };
}

type Bag = Readonly<Record<string, unknown>>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;
const sum = (amounts: readonly Amount[] | null): number => (amounts ?? []).reduce((all, { amount }) => all + amount, 0);

/** Learns what an answer, or the object of a webhook, says of prices, rates, coupons, periods and lines. */
export function learn(known: Known, answer: unknown, given?: unknown): void {
  if (!isBag(answer)) return;
  const id = String(answer['id']);
  switch (answer['object']) {
    case 'price':
      learnPrice(known, id, answer, given);
      break;
    case 'tax_rate':
      known.percentages.set(id, Number(answer['percentage']));
      break;
    case 'coupon':
      if (typeof answer['percent_off'] === 'number') known.coupons.set(id, answer['percent_off']);
      break;
    case 'subscription':
      learnPeriods(known, id, answer);
      break;
    case 'event':
      if (isBag(answer['data'])) learn(known, answer['data']['object']);
      break;
    case 'list':
      learnPage(known, answer);
      break;
    default:
  }
  learnDiscounts(known, answer, given);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const inForm = (form: unknown, key: string): unknown => (form instanceof Map ? form.get(key) : undefined);
const rows = (form: unknown): readonly unknown[] => (form instanceof Map ? [...form.values()] : []);
const words = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

function learnPrice(known: Known, id: string, answer: Bag, given: unknown): void {
  const packages = answer['transform_quantity'];
  // An answer brings tiers only when it is asked for them; whoever makes the price says them.
  const tiers = rows(inForm(given, 'tiers')).map((tier) => ({
    upTo: inForm(tier, 'up_to') === 'inf' ? null : Number(inForm(tier, 'up_to')),
    unit: words(inForm(tier, 'unit_amount_decimal') ?? inForm(tier, 'unit_amount'), '0'),
    flat: words(inForm(tier, 'flat_amount_decimal') ?? inForm(tier, 'flat_amount'), '0'),
  }));
  known.prices.set(id, {
    unit: typeof answer['unit_amount_decimal'] === 'string' ? answer['unit_amount_decimal'] : null,
    packages: isBag(packages)
      ? { divideBy: Number(packages['divide_by']), round: words(packages['round'], 'up') }
      : null,
    mode: typeof answer['tiers_mode'] === 'string' ? answer['tiers_mode'] : null,
    tiers: tiers.length > 0 ? tiers : (known.prices.get(id)?.tiers ?? []),
  });
}

function learnPeriods(known: Known, id: string, { items }: Bag): void {
  const spans = known.periods.get(id) ?? new Set();
  known.periods.set(id, spans);
  for (const item of isBag(items) ? listOf(items['data']) : []) {
    if (!isBag(item)) continue;
    spans.add(`${String(item['current_period_start'])}-${String(item['current_period_end'])}`);
    const { price } = item;
    if (isBag(price) && !known.prices.has(String(price['id'])))
      learnPrice(known, String(price['id']), price, undefined);
  }
}

/** The discounts of an object are in the order in which they were asked for. */
function learnDiscounts(known: Known, { discounts }: Bag, given: unknown): void {
  const asked = rows(inForm(given, 'discounts'));
  for (const [index, discount] of listOf(discounts).entries()) {
    const percent = known.coupons.get(words(inForm(asked[index], 'coupon'), ''));
    if (typeof discount === 'string' && percent !== undefined) known.percentsOff.set(discount, percent);
  }
}

function learnPage(known: Known, { data, has_more: more }: Bag): void {
  for (const row of listOf(data)) {
    if (!isBag(row) || row['object'] !== 'line_item') {
      learn(known, row);
      continue;
    }
    const page = known.pages.get(String(row['invoice']));
    if (page === undefined) continue;
    page.lines.set(String(row['id']), row as unknown as Line);
    if (more === false) page.complete = true;
  }
}

/** The invoices in an answer or the body of a webhook. */
export function invoicesIn(body: unknown): readonly Invoice[] {
  if (!isBag(body)) return [];
  if (body['object'] === 'invoice') return 'lines' in body ? [body as unknown as Invoice] : [];
  const data = body['data'];
  if (Array.isArray(data)) return data.flatMap(invoicesIn);
  return isBag(data) ? invoicesIn(data['object']) : [];
}

export interface Verdict {
  readonly problems: readonly string[];
  /** Why it, or one of its lines, could not be worked out; null when all of it was. */
  readonly skipped: string | null;
}

const NOTHING: Verdict = { problems: [], skipped: null };

/** What is wrong with a finalized invoice; one that is longer than a page is judged once all of its lines were seen. */
export function judgedInvoice(known: Known, invoice: Invoice): Verdict {
  if (invoice.status === 'draft' || invoice.id === undefined) return NOTHING;
  if (!invoice.lines.has_more) return verdict(known, invoice, invoice.lines.data);
  const page = known.pages.get(invoice.id) ?? { lines: new Map<string, Line>(), complete: false };
  known.pages.set(invoice.id, page);
  if (!page.complete) return { problems: [], skipped: 'its further lines were never asked for' };
  return verdict(known, invoice, [...page.lines.values()]);
}

function verdict(known: Known, invoice: Invoice, lines: readonly Line[]): Verdict {
  const ofLines = lines.map((line) => lineVerdict(known, line));
  const problems = [...ofLines.flatMap((one) => one.problems), ...wrongSums(invoice, lines)];
  return {
    problems: problems.map((problem) => `invoice ${invoice.id ?? ''}: ${problem}`),
    skipped: ofLines.find(({ skipped }) => skipped !== null)?.skipped ?? null,
  };
}

function wrongSums(invoice: Invoice, lines: readonly Line[]): string[] {
  const problems: string[] = [];
  const exclusive = (taxes: readonly Tax[] | null): number =>
    sum((taxes ?? []).filter(({ tax_behavior: behavior }) => behavior === 'exclusive'));
  const discounts = lines.reduce((all, line) => all + sum(line.discount_amounts), 0);
  const credits = lines.reduce(
    (all, line) => all + sum((line.pretax_credit_amounts ?? []).filter(({ type }) => type !== 'discount')),
    0,
  );
  const added = lines.reduce((all, line) => all + exclusive(line.taxes), 0);
  const owed = invoice.total + invoice.starting_balance - (invoice.ending_balance ?? 0);
  const due = owed - invoice.pre_payment_credit_notes_amount;
  const expected = {
    subtotal: sum(lines),
    total: sum(lines) - discounts - credits + added,
    amount_due: due,
    amount_remaining: Math.max(0, due - invoice.amount_paid),
  };
  for (const [field, amount] of Object.entries(expected)) {
    const said = invoice[field as keyof typeof expected];
    if (said !== amount) problems.push(`${field} is ${said}, worked out ${amount}`);
  }
  if (sum(invoice.total_discount_amounts) !== discounts) problems.push('discounts are not those of the lines');
  if (sum(invoice.total_taxes) !== lines.reduce((all, line) => all + sum(line.taxes), 0))
    problems.push('taxes are not those of the lines');
  return problems;
}

function lineVerdict(known: Known, line: Line): Verdict {
  const problems = [...wrongTaxes(known, line), ...wrongDiscounts(known, line)];
  const price = line.pricing?.price_details?.price;
  const id = typeof price === 'string' ? price : (price?.id ?? '');
  const unit = line.pricing?.unit_amount_decimal ?? null;
  const rule = known.prices.get(id) ?? { unit, packages: null, mode: null, tiers: [] };
  // A sum that somebody named needs no working out.
  if ((unit === null && rule.tiers.length === 0) || line.quantity_decimal === null) return { problems, skipped: null };
  const own = rule.tiers.length > 0 ? rule : { ...rule, unit: unit ?? rule.unit };
  const charges = chargesOf(own, scaled(line.quantity_decimal), line.description ?? '');
  const parts = partsOf(known, line);
  if (parts === null) return { problems, skipped: 'the whole period of a proration never crossed the wire' };
  const amount = BigInt(line.amount);
  const fits = charges.some((charge) => parts.some((part) => fitsPart(amount, charge, part)));
  if (!fits) problems.push(`${line.id} is ${line.amount}, not ${line.quantity_decimal} × ${unit ?? 'its tiers'}`);
  return { problems, skipped: null };
}

interface Part {
  readonly seconds: bigint;
  readonly of: bigint;
  readonly isProration: boolean;
}

/** Unused time is taken back at what it cost: the amount of the whole, rounded, in proportion. */
function fitsPart(amount: bigint, charge: bigint, { seconds, of, isProration }: Part): boolean {
  if (!isProration) return isNearest(amount, charge);
  const magnitude = amount < 0n ? -amount : amount;
  return isNearest(magnitude, halfUp(charge) * scaled('1') * scaled('1'), seconds, of);
}

/** What part of a whole period a line is for: all, or by each period that the subscription was seen in. */
function partsOf(known: Known, { parent, period, subscription }: Line): readonly Part[] | null {
  if (!JSON.stringify(parent ?? {}).includes('"proration":true')) return [{ seconds: 1n, of: 1n, isProration: false }];
  const spans = [...(known.periods.get(subscription ?? '') ?? [])].map((span) => span.split('-').map(Number));
  const fitting = spans.filter(([start = 0, end = 0]) => end === period.end && start <= period.start);
  if (fitting.length === 0) return null;
  const seconds = BigInt(period.end - period.start);
  return fitting.map(([start = 0, end = 0]) => ({ seconds, of: BigInt(end - start), isProration: true }));
}

/** A percentage is of what earlier discounts left of the line. */
function wrongDiscounts(known: Known, line: Line): string[] {
  let left = BigInt(line.amount);
  const problems: string[] = [];
  for (const { amount, discount } of line.discount_amounts ?? []) {
    const percent = known.percentsOff.get(discount);
    const charge = percent === undefined ? null : left * scaled(String(percent)) * (scaled('1') / 100n);
    if (charge !== null && !isNearest(BigInt(amount), charge))
      problems.push(`${line.id} is ${amount} off ${left}, not ${percent} %`);
    left -= BigInt(amount);
  }
  return problems;
}

function wrongTaxes(known: Known, line: Line): string[] {
  const problems: string[] = [];
  const net = line.amount - sum(line.pretax_credit_amounts);
  for (const tax of line.taxes ?? []) {
    const percentage = known.percentages.get(tax.tax_rate_details?.tax_rate ?? '');
    if (percentage === undefined) continue;
    const base = tax.tax_behavior === 'exclusive' ? 100 : 100 + percentage;
    // Rounded over all lines of an invoice, so that one line may be a minor unit off.
    if (Math.abs(tax.amount - (net * percentage) / base) > 1)
      problems.push(`tax of ${line.id} is ${tax.amount} on ${net}`);
  }
  return problems;
}
