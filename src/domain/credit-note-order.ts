// What a person wants to give back. He names the money, line by line, tax included; what can be given back of a line is
// what it asked in money, less earlier notes. Credits are not money: usage that credits paid has nothing to give back.
import { dividedDown, lesser } from './amount.ts';
import { type CreditNoteLine, noteLineTotal } from './credit-note.ts';
import { type Invoice, type InvoiceLine, isUsage, lineTotal } from './invoice.ts';
import { sum } from './money-postings.ts';
import { refuse, type Refused } from './rejection.ts';

/** Where the part goes that was paid already. */
export type NoteSettlement = 'customer_balance' | 'refund' | 'out_of_band' | 'reduce_due';

export interface OrderedLine {
  readonly invoiceLineId: string;
  /** Money with tax, minor units; absent: all that is left of the line. */
  readonly amountMinor?: bigint;
}

export interface CreditNoteOrder {
  readonly invoiceId: string;
  /** Absent: `amountMinor` is taken from the lines in their order, usage first. */
  readonly lines?: readonly OrderedLine[];
  readonly amountMinor?: bigint;
  readonly settlement: NoteSettlement;
}

export interface NamedLine {
  readonly invoiceLineId: string;
  readonly amountMinor: bigint;
}

export interface IssuedNote {
  readonly status: string;
  readonly totalMinor: bigint;
  readonly lines: readonly CreditNoteLine[];
}

/** Without tax: what was paid for bought credits, and what of it may still be given back. */
export interface UnspentPrice {
  readonly paidMinor: bigint;
  readonly refundableMinor: bigint;
}

/** By line; a line that bought no credits is absent. */
export type UnspentPrices = ReadonlyMap<string, UnspentPrice>;

/** What can still be given back of each line, in money with tax; notes that name no line take from the whole. */
export function creditable(
  invoice: Pick<Invoice, 'lines' | 'totalMinor'>,
  notes: readonly IssuedNote[],
  unspent: UnspentPrices = new Map(),
): { readonly byLine: ReadonlyMap<string, bigint>; readonly whole: bigint } {
  const issued = notes.filter(({ status }) => status !== 'void');
  const whole = invoice.totalMinor - sum(issued.map(({ totalMinor }) => totalMinor));
  const leftOf = (line: InvoiceLine): bigint => {
    const own = issued.flatMap(({ lines }) => lines).filter(({ invoiceLineId }) => invoiceLineId === line.lineId);
    return lesser(
      lineTotal(line) - sum(own.map(noteLineTotal)),
      unspentTotal(lineTotal(line), unspent.get(line.lineId)),
    );
  };
  // A correction item belongs to the usage that it corrects: what it took off cannot be given back.
  const usage = sum(invoice.lines.filter(isUsage).map(leftOf));
  const byLine = new Map<string, bigint>();
  for (const line of invoice.lines) {
    const left = lesser(isUsage(line) ? lesser(leftOf(line), usage) : leftOf(line), whole);
    byLine.set(line.lineId, left > 0n ? left : 0n);
  }
  return { byLine, whole };
}

/** The unspent part of a line's total, with its share of the tax; all of it where no credits were bought. */
export function unspentTotal(totalMinor: bigint, price: UnspentPrice | undefined): bigint {
  if (price === undefined || price.paidMinor === 0n) return totalMinor;
  return dividedDown(price.refundableMinor * totalMinor, price.paidMinor);
}

/** The named money of each line, or the sentence that says why it cannot be given back. */
export function namedLines(
  order: CreditNoteOrder,
  invoice: Invoice,
  notes: readonly IssuedNote[],
  unspent: UnspentPrices = new Map(),
): readonly NamedLine[] | Refused {
  const refusal = refusedInvoice(invoice);
  if (refusal !== null) return refusal;
  const left = creditable(invoice, notes, unspent);
  const named =
    order.lines === undefined ? spreadOver(order, invoice, left) : wholeLines(order.lines, left.byLine, unspent);
  if ('rejected' in named) return named;
  const total = sum(named.map(({ amountMinor }) => amountMinor));
  if (total > left.whole) {
    return refuse('not_creditable', `${left.whole} of ${invoice.invoiceId} can still be credited, not ${total}`, {
      details: { creditable_minor: left.whole.toString(), asked_minor: total.toString() },
    });
  }
  return named;
}

function refusedInvoice({ invoiceId, status }: Invoice): Refused | null {
  switch (status) {
    case 'open':
    case 'paid':
      return null;
    case 'draft':
      return refuse('not_creditable', `${invoiceId} is a draft: change it, or wait until it is finalized`);
    case 'void':
      return refuse('not_creditable', `${invoiceId} is void: nothing is owed on it that could be credited`);
    case 'uncollectible':
      return refuse('not_creditable', `${invoiceId} was written off as uncollectible and cannot be credited`);
    default:
      return refuse('not_creditable', `${invoiceId} is ${status}; only open and paid invoices can be credited`);
  }
}

function wholeLines(
  lines: readonly OrderedLine[],
  byLine: ReadonlyMap<string, bigint>,
  unspent: UnspentPrices,
): readonly NamedLine[] | Refused {
  if (lines.length === 0) return refuse('invalid_request', 'name at least one line of the invoice', { param: 'lines' });
  if (new Set(lines.map(({ invoiceLineId }) => invoiceLineId)).size < lines.length) {
    return refuse('invalid_request', 'name each line once', { param: 'lines' });
  }
  const named: NamedLine[] = [];
  for (const { invoiceLineId, amountMinor: asked } of lines) {
    const left = byLine.get(invoiceLineId);
    if (left === undefined) {
      return refuse('invalid_request', `${invoiceLineId} is not a line of this invoice`, { param: 'lines' });
    }
    const amountMinor = asked ?? left;
    if (asked !== undefined && asked <= 0n) {
      return refuse('invalid_request', `the amount of ${invoiceLineId} must be positive`, { param: 'lines' });
    }
    if (amountMinor > left || amountMinor === 0n) {
      return unspent.has(invoiceLineId)
        ? spent(invoiceLineId, left, asked ?? left)
        : tooMuch(invoiceLineId, left, asked ?? left);
    }
    named.push({ invoiceLineId, amountMinor });
  }
  return named;
}

function tooMuch(lineId: string, left: bigint, asked: bigint): Refused {
  const sentence =
    left === 0n
      ? `nothing of ${lineId} can be credited: what it asked was paid with credits, discounted or credited before`
      : `${left} of ${lineId} can be credited, not ${asked}: credits, discounts and earlier notes are no money`;
  return refuse('not_creditable', sentence, {
    param: 'lines',
    details: { line: lineId, creditable_minor: left.toString(), asked_minor: asked.toString() },
  });
}

/** Spent credits cannot be refunded: the work that they paid for was done. */
function spent(lineId: string, left: bigint, asked: bigint): Refused {
  const sentence =
    left === 0n
      ? `nothing of ${lineId} can be credited: the credits that it bought are spent, held, expired or credited before`
      : `at most ${left} of ${lineId} can be credited, not ${asked}: only the unspent part of bought credits is given back`;
  return refuse('not_creditable', sentence, {
    param: 'lines',
    details: { line: lineId, creditable_minor: left.toString(), asked_minor: asked.toString() },
  });
}

function spreadOver(
  { amountMinor }: CreditNoteOrder,
  invoice: Invoice,
  { byLine }: ReturnType<typeof creditable>,
): readonly NamedLine[] | Refused {
  if (amountMinor === undefined || amountMinor <= 0n) {
    return refuse('invalid_request', 'name the lines, or a positive amount', { param: 'amount_minor' });
  }
  const usageFirst = invoice.lines.toSorted((a, b) => Number(b.kind === 'usage') - Number(a.kind === 'usage'));
  const named: NamedLine[] = [];
  let open = amountMinor;
  for (const { lineId } of usageFirst) {
    const taken = lesser(open, byLine.get(lineId) ?? 0n);
    if (taken > 0n) named.push({ invoiceLineId: lineId, amountMinor: taken });
    open -= taken;
  }
  if (open === 0n) return named;
  const most = amountMinor - open;
  return refuse('not_creditable', `${most} of ${invoice.invoiceId} can still be credited, not ${amountMinor}`, {
    param: 'amount_minor',
    details: { creditable_minor: most.toString(), asked_minor: amountMinor.toString() },
  });
}

export interface NoteParts {
  /** Lowers what is still to be paid. */
  readonly openMinor: bigint;
  /** Was paid already and goes back. */
  readonly paidMinor: bigint;
}

/** How a note of this total falls on the open and the paid part, and whether it can be settled as asked. */
export function noteParts(total: bigint, invoice: Invoice, settlement: NoteSettlement): NoteParts | Refused {
  const openMinor = invoice.status === 'open' ? lesser(total, invoice.amountRemainingMinor) : 0n;
  const paidMinor = total - openMinor;
  if (paidMinor === 0n) return { openMinor, paidMinor };
  if (settlement === 'reduce_due') {
    return refuse(
      'settlement_mismatch',
      `only ${openMinor} of ${invoice.invoiceId} is still to be paid; say where the other ${paidMinor} shall go`,
      { param: 'settle_as' },
    );
  }
  const throughStripe = sum(
    invoice.payments
      .filter(({ status, type }) => status === 'paid' && type !== 'payment_record')
      .map((payment) => payment.amountPaidMinor),
  );
  if (settlement === 'refund' && paidMinor > throughStripe) {
    return refuse(
      'settlement_mismatch',
      `${throughStripe} of ${invoice.invoiceId} was paid through Stripe, so ${paidMinor} cannot be refunded; ` +
        'use the customer balance or settle it out of band',
      { param: 'settle_as' },
    );
  }
  return { openMinor, paidMinor };
}
