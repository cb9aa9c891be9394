// Every invoice that crosses the wire, worked out again from quantities, prices and rates; shares no code with what made it.
const SCALE = 10n ** 12n;

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
  readonly discount_amounts: readonly Amount[] | null;
  readonly pretax_credit_amounts: readonly (Amount & { readonly type: string })[] | null;
  readonly taxes: readonly Tax[] | null;
  readonly pricing: {
    readonly unit_amount_decimal: string | null;
    readonly price_details?: { readonly price: string | { readonly id: string } };
  } | null;
  readonly parent: Readonly<Record<string, unknown>> | null;
}
interface Invoice {
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

/** What was learnt of prices and rates on the way. */
export interface Known {
  /** Prices that are not quantity × unit amount. */
  readonly unusual: Set<string>;
  readonly percentages: Map<string, number>;
}

type Bag = Readonly<Record<string, unknown>>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;
const sum = (amounts: readonly Amount[] | null): number => (amounts ?? []).reduce((all, { amount }) => all + amount, 0);

/** Learns the prices and rates of an answer. */
export function learn(known: Known, answer: unknown): void {
  if (!isBag(answer)) return;
  if (
    answer['object'] === 'price' &&
    (answer['billing_scheme'] === 'tiered' || answer['transform_quantity'] !== null)
  ) {
    known.unusual.add(String(answer['id']));
  }
  if (answer['object'] === 'tax_rate') known.percentages.set(String(answer['id']), Number(answer['percentage']));
}

/** The invoices in an answer or the body of a webhook. */
export function invoicesIn(body: unknown): readonly Invoice[] {
  if (!isBag(body)) return [];
  if (body['object'] === 'invoice') return 'lines' in body ? [body as unknown as Invoice] : [];
  const data = body['data'];
  if (Array.isArray(data)) return data.flatMap(invoicesIn);
  return isBag(data) ? invoicesIn(data['object']) : [];
}

/** What is wrong with the sums of a finalized invoice whose lines are all there. */
export function wrongSums(known: Known, invoice: Invoice): readonly string[] {
  if (invoice.status === 'draft' || invoice.id === undefined || invoice.lines.has_more) return [];
  const { data: lines } = invoice.lines;
  const problems = lines.flatMap((line) => wrongLine(known, line));
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
  return problems.map((problem) => `invoice ${invoice.id ?? ''}: ${problem}`);
}

function wrongLine(known: Known, line: Line): string[] {
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
  const price = line.pricing?.price_details?.price;
  const id = typeof price === 'string' ? price : (price?.id ?? '');
  const unit = line.pricing?.unit_amount_decimal ?? null;
  const proration = JSON.stringify(line.parent ?? {}).includes('"proration":true');
  if (unit === null || line.quantity_decimal === null || known.unusual.has(id) || proration) return problems;
  const exact = scaled(unit) * scaled(line.quantity_decimal);
  const distance = BigInt(line.amount) * SCALE * SCALE - exact;
  const half = (SCALE * SCALE) / 2n;
  // A half goes up; where a negative half goes is not known.
  const fits = exact < 0n ? distance <= half && distance >= -half : distance <= half && distance > -half;
  if (!fits) problems.push(`${line.id} is ${line.amount}, not ${line.quantity_decimal} × ${unit}`);
  return problems;
}

function scaled(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const digits = BigInt(whole.replace('-', '') + fraction.padEnd(12, '0'));
  return decimal.startsWith('-') ? -digits : digits;
}
