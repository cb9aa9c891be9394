import { planCredits, type CreditShare } from './credit-application.ts';
import { discountLines } from './discounts.ts';
import { share } from './rounding.ts';
import type { Invoice, InvoiceLine, TaxRate } from './wire.ts';
import type { World } from './world.ts';

type LineTaxes = NonNullable<InvoiceLine['taxes']>;
type PretaxCredits = NonNullable<InvoiceLine['pretax_credit_amounts']>;

const sum = (amounts: readonly { readonly amount: number }[]): number =>
  amounts.reduce((total, { amount }) => total + amount, 0);

/** What is left of a line after its discounts. */
export function afterDiscounts(line: InvoiceLine): number {
  return line.amount - sum(line.discount_amounts ?? []);
}

function isCredit({ type }: PretaxCredits[number]): boolean {
  return type === 'credit_balance_transaction';
}

/** What billing credits pay of a line. */
export function creditsOn(line: InvoiceLine): number {
  return sum((line.pretax_credit_amounts ?? []).filter(isCredit));
}

const PERCENT_SCALE = 1_000_000;

/** Tax of a net amount: added on top, or contained in it. */
export function taxOf(net: number, rate: TaxRate): number {
  const part = Math.round(rate.percentage * (PERCENT_SCALE / 100));
  return rate.inclusive ? share(net, part, PERCENT_SCALE + part) : share(net, part, PERCENT_SCALE);
}

function taxedLine(world: World, line: InvoiceLine): InvoiceLine {
  const net = afterDiscounts(line) - creditsOn(line);
  const taxes = (line.taxes ?? []).map((tax): LineTaxes[number] => {
    const rate = world.store.find('tax_rates', tax.tax_rate_details?.tax_rate ?? '');
    if (rate === undefined) return tax;
    const amount = taxOf(net, rate);
    return { ...tax, amount, taxable_amount: rate.inclusive ? net - amount : net };
  });
  return { ...line, taxes };
}

function merged(lines: readonly InvoiceLine[]): NonNullable<Invoice['total_taxes']> {
  const byRate = new Map<string, LineTaxes[number]>();
  for (const tax of lines.flatMap(({ taxes }) => taxes ?? [])) {
    const rate = tax.tax_rate_details?.tax_rate ?? '';
    const earlier = byRate.get(rate);
    const taxable = (earlier?.taxable_amount ?? 0) + (tax.taxable_amount ?? 0);
    byRate.set(rate, { ...tax, amount: (earlier?.amount ?? 0) + tax.amount, taxable_amount: taxable });
  }
  return Array.from(byRate.values());
}

/** How a share shows on a line: without a transaction while it is only planned. */
export type CreditEntry = (share: CreditShare) => PretaxCredits[number];

const tentative: CreditEntry = ({ amount }) => ({
  amount,
  credit_balance_transaction: null,
  type: 'credit_balance_transaction',
});

function withCredits(line: InvoiceLine, shares: readonly CreditShare[], entryOf: CreditEntry): InvoiceLine {
  const discounts = (line.discount_amounts ?? []).map(({ amount, discount }) => ({
    amount,
    discount,
    type: 'discount',
  }));
  const credits = shares.filter((planned) => planned.line === line.id).map(entryOf);
  return { ...line, pretax_credit_amounts: [...discounts, ...credits] };
}

/** The sums of an invoice over its lines, without customer balance and payments. */
function totalled(invoice: Invoice, lines: InvoiceLine[]): Invoice {
  const taxes = merged(lines);
  const inclusive = sum(taxes.filter(({ tax_behavior: behavior }) => behavior === 'inclusive'));
  const exclusive = sum(taxes) - inclusive;
  const subtotal = sum(lines);
  const pretax = lines.flatMap(({ pretax_credit_amounts: credits }) => credits ?? []);
  const discounts = lines.flatMap(({ discount_amounts: amounts }) => amounts ?? []);
  const totalDiscounts = new Map<string, number>();
  for (const { amount, discount } of discounts)
    totalDiscounts.set(discount, (totalDiscounts.get(discount) ?? 0) + amount);
  const total = subtotal - sum(pretax) + exclusive;
  return {
    ...invoice,
    lines: { ...invoice.lines, data: lines },
    subtotal,
    subtotal_excluding_tax: subtotal - inclusive,
    total,
    total_excluding_tax: total - inclusive - exclusive,
    total_discount_amounts: Array.from(totalDiscounts, ([discount, amount]) => ({ amount, discount })),
    total_pretax_credit_amounts: pretax,
    total_taxes: taxes,
  };
}

/**
 * The invoice with discounts, billing credits, taxes and sums worked out anew, in this order:
 * lines, discounts, billing credits, tax on the remainder.
 */
export function recalculated(world: World, invoice: Invoice, entryOf: CreditEntry = tentative): Invoice {
  const discounted = discountLines(world, invoice);
  const applies = entryOf !== tentative || world.switches.draftsShowCredits;
  const shares = applies
    ? planCredits(world, { ...invoice, lines: { ...invoice.lines, data: discounted } }, afterDiscounts)
    : [];
  const lines = discounted.map((line) => taxedLine(world, withCredits(line, shares, entryOf)));
  return totalled(invoice, lines);
}

/** Smallest amounts that can be charged, in minor units. */
const CHARGE_MIN: Readonly<Record<string, number>> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  jpy: 50,
  cad: 50,
  aud: 50,
  chf: 50,
  nzd: 50,
};

export interface Due {
  readonly amountDue: number;
  readonly endingBalance: number;
  readonly tooSmall: boolean;
}

/** What is due after the customer balance (negative = credit); a debt too small to charge moves to the balance. */
export function dueAfterBalance(world: World, total: number, balance: number, currency: string): Due {
  const net = total + balance;
  if (net <= 0) return { amountDue: 0, endingBalance: net, tooSmall: false };
  const tooSmall = world.switches.tooSmallMovesToBalance && net < (CHARGE_MIN[currency] ?? 0);
  return tooSmall ? { amountDue: 0, endingBalance: net, tooSmall } : { amountDue: net, endingBalance: 0, tooSmall };
}
