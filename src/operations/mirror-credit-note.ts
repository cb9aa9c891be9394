import { type CreditNote, withLinesNamed } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { creditNoteIssued, creditNoteVoided } from '../domain/entries-credit-note.ts';
import { lineNet } from '../domain/invoice.ts';
import { insertAlerts } from '../storage/alerts.ts';
import { now, wallTime } from '../storage/clock.ts';
import { finishCreditNoteRequest } from '../storage/credit-note-requests.ts';
import { saveCreditNote } from '../storage/credit-notes.ts';
import { lockCustomer } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { postingsOf } from '../storage/revenue.ts';
import { fetchCreditNote } from '../stripe/credit-notes.ts';
import { clawBackCredits } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { mirrorCustomerBalance } from './mirror-customer.ts';
import { mirrorInvoice } from './mirror-invoice.ts';
import { postOnce } from './post-money.ts';
import { recogniseNoted } from './recognise-customer.ts';

/**
 * Mirrors a credit note as it is now, whoever issued it, and posts it. Its invoice is mirrored first: the note needs
 * its lines, and has changed what is due. What it pays back of bought credits ends with it. Null when Stripe has no such note.
 */
export async function mirrorCreditNote(deps: Deps, creditNoteId: string): Promise<CreditNote | null> {
  const fetchedAt = await wallTime(deps.db);
  const fetched = await fetchCreditNote(deps.stripe, creditNoteId);
  if (fetched === null) return null;
  const mirrored = await mirrorInvoice(deps, fetched.invoiceId);
  if (mirrored === null) throw new Error(`Stripe has ${creditNoteId} but not its invoice ${fetched.invoiceId}`);
  const { key, invoice } = mirrored;
  const note = withLinesNamed(
    fetched,
    invoice.lines.map((line) => ({ lineId: line.lineId, netMinor: lineNet(line) })),
  );
  const source = { sourceType: 'stripe_credit_note', sourceId: creditNoteId, kind: 'credit_note.issued' };
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    const requestId = note.metadata['creditpool_request'];
    if (requestId !== undefined) {
      const end = { state: 'issued', creditNoteId, outcome: null, at: await now(trx) } as const;
      await finishCreditNoteRequest(trx, key, requestId, end);
    }
    if (!(await saveCreditNote(trx, key, { note, fetchedAt }))) return;
    const posted = await postOnce(deps, trx, key, [creditNoteIssued(note, invoice.lines)]);
    // Heard of only after its invoice was voided, which undid what was posted until then: the note goes with it.
    const voidedAt = note.voidedAt ?? (posted.length > 0 ? invoice.voidedAt : null);
    const undone = await postOnce(deps, trx, key, [
      creditNoteVoided({ ...note, voidedAt }, await postingsOf(trx, key, source)),
    ]);
    const lineIds = note.lines.flatMap(({ invoiceLineId }) => invoiceLineId ?? []);
    await clawBackCredits(deps, trx, key, note.invoiceId);
    if (posted.length + undone.length === 0) return;
    if (posted.length > 0) await tellOfNote(deps, trx, key, note);
    const occasion = note.voidedAt === null ? creditNoteId : `${creditNoteId}-void`;
    await recogniseNoted(deps, trx, key, { lineIds, occasion, at: note.voidedAt ?? note.createdAt });
  });
  if (note.customerBalanceMinor > 0n) await mirrorCustomerBalance(deps, key, note.stripeCustomerId);
  return note;
}

async function tellOfNote(deps: Deps, trx: Transaction, key: CustomerKey, note: CreditNote): Promise<void> {
  const { creditNoteId, invoiceId, number, reason, totalMinor, currency, createdAt } = note;
  const data = {
    credit_note: creditNoteId,
    invoice: invoiceId,
    number,
    reason,
    total_minor: totalMinor.toString(),
    currency,
    issued_at: createdAt.toISOString(),
  };
  const alert = { kind: 'credit_note.issued', key: `credit_note.issued/${creditNoteId}`, data } as const;
  await insertAlerts(trx, await now(trx), [{ ...key, alertId: deps.newId(), poolId: null, ...alert }]);
}
