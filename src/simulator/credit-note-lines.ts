import type { CreditNoteFacts, CreditNoteLineFacts } from './credit-note-parameters.ts';
import { invalidRequest, noSuch } from './errors.ts';
import { freshId } from './ids.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { changedMetadata } from './parameters.ts';
import { ONE, share, timesRounded, toScaled } from './rounding.ts';
import { afterDiscounts, creditsOn, taxOf } from './totals.ts';
import type { CreditNote, CreditNoteLine, Invoice, InvoiceLine } from './wire.ts';
import type { World } from './world.ts';

type Taxes = NonNullable<CreditNoteLine['taxes']>;

const sum = (amounts: readonly { readonly amount: number }[]): number =>
  amounts.reduce((total, { amount }) => total + amount, 0);

/** What earlier notes took of one invoice line. */
interface Earlier {
  readonly gross: number;
  readonly discounts: number;
  readonly credits: number;
  readonly taxes: readonly number[];
}

export function creditsOfNoteLine(line: CreditNoteLine): number {
  return sum(line.pretax_credit_amounts.filter(({ type }) => type === 'credit_balance_transaction'));
}

function earlierOn(line: InvoiceLine, notes: readonly CreditNote[]): Earlier {
  const own = notes.flatMap(({ lines }) => lines.data).filter(({ invoice_line_item: id }) => id === line.id);
  const total = (of: (noteLine: CreditNoteLine) => number): number =>
    own.reduce((all, noteLine) => all + of(noteLine), 0);
  return {
    gross: total(({ amount }) => amount),
    discounts: total(({ discount_amount: amount }) => amount),
    credits: total(creditsOfNoteLine),
    taxes: (line.taxes ?? []).map((_, index) => total(({ taxes }) => taxes?.[index]?.amount ?? 0)),
  };
}

/** Spreads an amount over entries in proportion, adding up exactly. */
function spread<T extends { readonly amount: number }>(amount: number, entries: readonly T[]): T[] {
  const whole = sum(entries);
  let before = 0;
  let given = 0;
  return entries.map((entry) => {
    before += entry.amount;
    const upToHere = share(amount, before, whole);
    const mine = upToHere - given;
    given = upToHere;
    return { ...entry, amount: mine };
  });
}

interface LineParts {
  readonly gross: number;
  readonly discounts: number;
  readonly credits: number;
}

/** The shares of discounts and billing credits that belong to a gross part of a line, by cumulative rounding. */
function partsOf(world: World, line: InvoiceLine, gross: number, earlier: Earlier): LineParts {
  const cumulated = earlier.gross + gross;
  const discounts = share(sum(line.discount_amounts ?? []), cumulated, line.amount) - earlier.discounts;
  if (world.switches.creditNoteShare === 'gross') return { gross, discounts, credits: 0 };
  return { gross, discounts, credits: share(creditsOn(line), cumulated, line.amount) - earlier.credits };
}

function refuseTooMuch(line: InvoiceLine, { gross, discounts, credits }: LineParts, earlier: Earlier): void {
  const sign = line.amount < 0 ? -1 : 1;
  const net = gross - discounts - credits;
  const creditable = afterDiscounts(line) - creditsOn(line);
  const taken = earlier.gross - earlier.discounts - earlier.credits;
  if (gross * sign <= 0) {
    throw invalidRequest('The amount of a credit note line must have the sign of its invoice line and not be zero.', {
      param: 'lines',
    });
  }
  if ((net + taken) * sign > creditable * sign || (earlier.gross + gross) * sign > line.amount * sign) {
    const message = `The amount credited for line ${line.id} exceeds its creditable amount of ${creditable - taken}.`;
    throw invalidRequest(message, { param: 'lines' });
  }
}

function fromInvoiceLine(
  world: World,
  invoice: Invoice,
  facts: CreditNoteLineFacts,
  notes: readonly CreditNote[],
): CreditNoteLine {
  const line = invoice.lines.data.find(({ id }) => id === facts.invoice_line_item);
  if (line === undefined) throw noSuch('invoice line item', facts.invoice_line_item ?? '', 'lines');
  if ((facts.amount === undefined) === (facts.quantity === undefined)) {
    throw invalidRequest('You must specify exactly one of `amount` and `quantity` for an invoice line item.', {
      param: 'lines',
    });
  }
  const earlier = earlierOn(line, notes);
  const gross = facts.amount ?? share(line.amount, facts.quantity ?? 0, line.quantity ?? 1);
  const parts = partsOf(world, line, gross, earlier);
  refuseTooMuch(line, parts, earlier);
  const creditable = afterDiscounts(line) - creditsOn(line);
  const taken = earlier.gross - earlier.discounts - earlier.credits + gross - parts.discounts - parts.credits;
  const taxes = (line.taxes ?? []).map((tax, index): Taxes[number] => ({
    ...tax,
    amount: share(tax.amount, taken, creditable) - (earlier.taxes[index] ?? 0),
    taxable_amount: gross - parts.discounts - parts.credits,
  }));
  const credits = (line.pretax_credit_amounts ?? []).flatMap(({ amount, credit_balance_transaction: id, type }) =>
    typeof id === 'string' ? [{ amount, credit_balance_transaction: id, type }] : [],
  );
  const discounts = spread(parts.discounts, line.discount_amounts ?? []);
  return {
    ...emptyLine(facts, gross),
    discount_amount: parts.discounts,
    discount_amounts: discounts,
    invoice_line_item: line.id,
    pretax_credit_amounts: [
      ...discounts.map(({ amount, discount }) => ({ amount, discount, type: 'discount' })),
      ...(parts.credits === 0 ? [] : spread(parts.credits, credits)),
    ],
    description: facts.description ?? line.description,
    quantity: facts.quantity ?? null,
    taxes,
    type: 'invoice_line_item',
    unit_amount: null,
    unit_amount_decimal: null,
  };
}

function emptyLine(facts: Pick<CreditNoteLineFacts, 'description' | 'metadata'>, amount: number): CreditNoteLine {
  return {
    id: freshId('cnli'),
    object: 'credit_note_line_item',
    amount,
    description: facts.description ?? null,
    discount_amount: 0,
    discount_amounts: [],
    livemode: false,
    metadata: changedMetadata({}, facts.metadata),
    pretax_credit_amounts: [],
    quantity: 1,
    tax_rates: [],
    taxes: [],
    type: 'custom_line_item',
    unit_amount: amount,
    unit_amount_decimal: String(amount),
  };
}

function customLine(world: World, facts: CreditNoteLineFacts): CreditNoteLine {
  const unit = facts.unit_amount_decimal ?? facts.unit_amount?.toString();
  if (unit === undefined || facts.description === undefined || facts.quantity === undefined) {
    throw invalidRequest('A custom line item needs a description, a quantity and a unit amount.', { param: 'lines' });
  }
  const amount = timesRounded(BigInt(facts.quantity) * ONE, toScaled(unit), world.switches.negativeHalf);
  const rates = taxRatesOf(world, facts.tax_rates ?? []);
  const taxes = rates.map((rate): Taxes[number] => ({
    amount: taxOf(amount, rate),
    tax_behavior: rate.inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: rate.id },
    taxability_reason: 'not_available',
    taxable_amount: amount,
    type: 'tax_rate_details',
  }));
  return {
    ...emptyLine(facts, amount),
    quantity: facts.quantity,
    tax_rates: rates,
    taxes,
    unit_amount_decimal: unit,
    unit_amount: facts.unit_amount ?? null,
  };
}

/** A whole amount, tax included: its tax is the invoice's in proportion. */
function wholeLine(invoice: Invoice, amount: number): CreditNoteLine {
  const taxes = (invoice.total_taxes ?? []).map((tax): Taxes[number] => ({
    ...tax,
    amount: share(tax.amount, amount, invoice.total),
  }));
  const exclusive = sum(taxes.filter(({ tax_behavior: behavior }) => behavior === 'exclusive'));
  return { ...emptyLine({ description: 'Credit', metadata: undefined }, amount - exclusive), taxes };
}

/** The lines of a note, worked out against the invoice and its earlier notes. */
export function noteLines(
  world: World,
  invoice: Invoice,
  facts: CreditNoteFacts,
  notes: readonly CreditNote[],
): CreditNoteLine[] {
  const given = facts.lines ?? [];
  if (given.length === 0 && facts.amount !== undefined) return [wholeLine(invoice, facts.amount)];
  if (given.length === 0)
    throw invalidRequest('One of `amount`, `lines`, or `shipping_cost` must be provided.', {
      code: 'parameter_missing',
      param: 'amount',
    });
  const named = given.flatMap(({ invoice_line_item: id }) => (id === undefined ? [] : [id]));
  if (new Set(named).size < named.length)
    throw invalidRequest('An invoice line item can only be credited once in a credit note.', { param: 'lines' });
  return given.map((line) =>
    line.type === 'custom_line_item' ? customLine(world, line) : fromInvoiceLine(world, invoice, line, notes),
  );
}
