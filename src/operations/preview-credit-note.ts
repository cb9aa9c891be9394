import { createHash } from 'node:crypto';

import { canonicalJson } from '../domain/canonical-json.ts';
import { creditsPaidBack } from '../domain/clawback.ts';
import {
  creditable,
  type CreditNoteOrder,
  type NamedLine,
  namedLines,
  noteParts,
  type NoteParts,
} from '../domain/credit-note-order.ts';
import { type CreditNote, noteLineNet } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { creditNoteIssued } from '../domain/entries-credit-note.ts';
import type { Invoice } from '../domain/invoice.ts';
import { sum } from '../domain/money-postings.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { creditNotesOfInvoice, type StoredNote } from '../storage/credit-notes.ts';
import { findNoteLine, type NoteLineParams, tryPreview } from '../stripe/credit-note-previews.ts';
import { listCreditNoteIds } from '../stripe/credit-notes.ts';
import { type UnspentPurchase, unspentPurchases } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditNote } from './mirror-credit-note.ts';
import { mirrorInvoice, type MirroredInvoice } from './mirror-invoice.ts';
import { stripeRefusal } from './stripe-refusal.ts';

export interface CreditNotePreview {
  readonly customer: CustomerKey;
  readonly invoiceId: string;
  readonly currency: string;
  readonly money: {
    readonly totalMinor: bigint;
    readonly taxMinor: bigint;
    readonly openMinor: bigint;
    readonly paidMinor: bigint;
    readonly settlement: CreditNoteOrder['settlement'];
    readonly lines: readonly (NamedLine & { readonly description: string | null; readonly creditableMinor: bigint })[];
  };
  readonly credits: {
    /** Share of applied billing credits that the note's gross lines carry. Stripe never gives it back. */
    readonly creditsShareMinor: bigint;
    readonly restoredMicro: bigint;
    /** Bought credits that end with the note. */
    readonly clawedBackMicro: bigint;
  };
  /** The movements that the books will show. */
  readonly books: readonly { readonly from: string; readonly to: string; readonly amountMinor: bigint }[];
  /** Of everything above and of the state that it was computed from. */
  readonly previewHash: string;
  /** The notes that stood on the invoice when this was computed. */
  readonly basedOn: readonly string[];
  /** What Stripe would be asked. */
  readonly params: NoteParams;
}

export interface NoteParams {
  readonly invoice: string;
  readonly lines: readonly NoteLineParams[];
  readonly credit_amount?: number;
  readonly refund_amount?: number;
  readonly out_of_band_amount?: number;
}

/** Shows what a credit note would do to money, credits and books, by Stripe's own reckoning. Nothing is changed. */
export async function previewCreditNote(deps: Deps, order: CreditNoteOrder): Promise<CreditNotePreview | Refused> {
  try {
    const mirrored = await mirrorInvoice(deps, order.invoiceId);
    if (mirrored === null) return refuse('unknown_invoice', `Stripe has no invoice ${order.invoiceId}`);
    const notes = await mirrorNotes(deps, mirrored);
    const purchases = await unspentPurchases(deps, deps.db, mirrored.key, order.invoiceId, notes);
    return await preview(deps, { order, mirrored, notes, purchases });
  } catch (error) {
    return stripeRefusal(error);
  }
}

/** Notes from other hands count too, also those whose events have not come yet. */
async function mirrorNotes(deps: Deps, { key, invoice }: MirroredInvoice): Promise<readonly StoredNote[]> {
  const known = await creditNotesOfInvoice(deps.db, key, invoice.invoiceId);
  const knownIds = new Set(known.map(({ creditNoteId }) => creditNoteId));
  const unknown = (await listCreditNoteIds(deps.stripe, invoice.invoiceId)).filter((id) => !knownIds.has(id));
  for (const id of unknown) await mirrorCreditNote(deps, id);
  return unknown.length === 0 ? known : creditNotesOfInvoice(deps.db, key, invoice.invoiceId);
}

interface Asked {
  readonly order: CreditNoteOrder;
  readonly mirrored: MirroredInvoice;
  readonly notes: readonly StoredNote[];
  readonly purchases: ReadonlyMap<string, UnspentPurchase>;
}

async function preview(deps: Deps, asked: Asked): Promise<CreditNotePreview | Refused> {
  const { order, mirrored, notes } = asked;
  const { invoice } = mirrored;
  const named = namedLines(order, invoice, notes, asked.purchases);
  if ('rejected' in named) return named;
  const parts = noteParts(sum(named.map(({ amountMinor }) => amountMinor)), invoice, order.settlement);
  if ('rejected' in parts) return parts;
  const lines = await grossLines(deps, invoice, notes, named);
  if ('rejected' in lines) return lines;
  const params = { invoice: invoice.invoiceId, lines, ...settled(order, parts) };
  const note = await tryPreview(deps.stripe, { ...params, lines: [...lines] });
  if ('refusal' in note) return refuse('stripe_refused', `Stripe refuses this credit note: ${note.refusal}`);
  const mismatch = refusedMismatch(note, parts);
  return mismatch ?? shown(asked, named, { note, parts, params });
}

/** The gross line for each named amount: Stripe's lines carry their share of the credits that were applied. */
async function grossLines(
  deps: Deps,
  invoice: Invoice,
  notes: readonly StoredNote[],
  named: readonly NamedLine[],
): Promise<readonly NoteLineParams[] | Refused> {
  const found: NoteLineParams[] = [];
  for (const { invoiceLineId, amountMinor } of named) {
    const line = invoice.lines.find(({ lineId }) => lineId === invoiceLineId);
    if (line === undefined) throw new Error(`${invoiceLineId} was named but is not on ${invoice.invoiceId}`);
    const own = notes.filter(({ status }) => status !== 'void').flatMap((note) => note.lines);
    const notedGrossMinor = sum(own.filter((one) => one.invoiceLineId === invoiceLineId).map((one) => one.amountMinor));
    const params = await findNoteLine(deps.stripe, invoice, { line, notedGrossMinor, amountMinor });
    if (params === null) {
      const sentence = `with automatic tax no credit note on ${invoiceLineId} comes to exactly ${amountMinor}; try another amount`;
      return refuse('not_creditable', sentence, { param: 'lines' });
    }
    found.push(params);
  }
  return found;
}

function settled({ settlement }: CreditNoteOrder, { paidMinor }: NoteParts): Partial<NoteParams> {
  if (paidMinor === 0n) return {};
  const amount = Number(paidMinor);
  switch (settlement) {
    case 'customer_balance':
      return { credit_amount: amount };
    case 'refund':
      return { refund_amount: amount };
    case 'out_of_band':
      return { out_of_band_amount: amount };
    case 'reduce_due':
      throw new Error('a note that only reduces what is due has no paid part');
  }
}

/** The lines together must be what they were one by one; a note is never issued for another sum than the one named. */
function refusedMismatch(note: CreditNote, { openMinor, paidMinor }: NoteParts): Refused | null {
  const total = openMinor + paidMinor;
  if (note.totalMinor === total && note.prePaymentMinor === openMinor) return null;
  return refuse(
    'not_creditable',
    `Stripe makes ${note.totalMinor} of this, ${note.prePaymentMinor} of it on the open part, and not ${total}`,
  );
}

/** Bought credits that end with the note. */
function clawedBack({ purchases }: Asked, note: CreditNote): bigint {
  const ended = Array.from(purchases, ([lineId, { lot, notedMinor }]) => {
    const own = note.lines.filter(({ invoiceLineId }) => invoiceLineId === lineId);
    return creditsPaidBack(lot, sum(own.map(noteLineNet)), notedMinor);
  });
  return sum(ended);
}

function shown(
  asked: Asked,
  named: readonly NamedLine[],
  { note, parts, params }: { note: CreditNote; parts: NoteParts; params: NoteParams },
): CreditNotePreview {
  const { order, mirrored, notes } = asked;
  const { key, invoice } = mirrored;
  const left = creditable(invoice, notes, asked.purchases).byLine;
  const refundMinor = order.settlement === 'refund' ? parts.paidMinor : 0n;
  const entry = creditNoteIssued({ ...note, refundMinor }, invoice.lines);
  const content = {
    customer: key,
    invoiceId: invoice.invoiceId,
    currency: invoice.currency,
    money: {
      totalMinor: note.totalMinor,
      taxMinor: sum(note.lines.map(({ taxMinor }) => taxMinor)),
      ...parts,
      settlement: order.settlement,
      lines: named.map((line) => ({
        ...line,
        description: invoice.lines.find(({ lineId }) => lineId === line.invoiceLineId)?.description ?? null,
        creditableMinor: left.get(line.invoiceLineId) ?? 0n,
      })),
    },
    credits: {
      creditsShareMinor: sum(note.lines.map(({ creditsMinor }) => creditsMinor)),
      restoredMicro: 0n,
      clawedBackMicro: clawedBack(asked, note),
    },
    books: (entry?.postings ?? []).map(({ from, to, amount }) => ({
      from: from.kind,
      to: to.kind,
      amountMinor: amount,
    })),
    basedOn: notes.map(({ creditNoteId }) => creditNoteId),
    params,
  };
  const state = { status: invoice.status, due: invoice.amountRemainingMinor };
  return { ...content, previewHash: hashOf({ content, state }) };
}

function hashOf(value: unknown): string {
  const plain: unknown = JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
  );
  return createHash('sha256').update(canonicalJson(plain)).digest('hex').slice(0, 32);
}
