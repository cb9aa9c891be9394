import { creditNoteShape } from './credit-note-parameters.ts';
import { invalidRequest } from './errors.ts';
import { draftCreditNote, issueCreditNote } from './new-credit-note.ts';
import { page } from './pagination.ts';
import { changedMetadata, metadata, paging, range, text, word } from './parameters.ts';
import { route } from './routes.ts';
import { change, emit, need, nowOf } from './world.ts';

export const creditNoteRoutes = [
  route('POST', '/v1/credit_notes', creditNoteShape, ({ world, values }) => issueCreditNote(world, values)),
  route('GET', '/v1/credit_notes/preview', creditNoteShape, ({ world, values }) =>
    draftCreditNote(world, values, 'preview'),
  ),
  route('GET', '/v1/credit_notes/preview/lines', { ...creditNoteShape, ...paging }, ({ world, values, path }) =>
    page(draftCreditNote(world, values, 'preview').lines.data, values, path),
  ),
  route(
    'GET',
    '/v1/credit_notes',
    { ...paging, created: range(), customer: word(), customer_account: word(), invoice: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('credit_notes')
        .filter(
          (note) =>
            (values.created?.(note.created) ?? true) &&
            (values.customer === undefined || note.customer === values.customer) &&
            (values.invoice === undefined || note.invoice === values.invoice),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/credit_notes/{id}', {}, ({ world, id }) => need(world, 'credit_notes', id, 'credit note')),
  route('GET', '/v1/credit_notes/{id}/lines', paging, ({ world, id, values, path }) =>
    page(need(world, 'credit_notes', id, 'credit note').lines.data, values, path),
  ),
  route('POST', '/v1/credit_notes/{id}', { memo: text(), metadata: metadata() }, ({ world, id, values }) => {
    const before = need(world, 'credit_notes', id, 'credit note');
    const memo = values.memo === undefined ? before.memo : values.memo;
    const changes = { memo, metadata: changedMetadata(before.metadata, values.metadata) };
    return change(world, 'credit_notes', id, changes, 'credit_note.updated');
  }),
  route('POST', '/v1/credit_notes/{id}/void', {}, ({ world, id }) => {
    const note = need(world, 'credit_notes', id, 'credit note');
    const invoice = need(world, 'invoices', note.invoice, 'invoice', 'invoice');
    if (note.status === 'void') throw invalidRequest('This credit note is already void.');
    const reopens =
      invoice.status === 'paid' && note.type === 'pre_payment' && world.switches.voidingPaidByCreditNote === 'reopens';
    if (note.type !== 'pre_payment' || (invoice.status !== 'open' && !reopens)) {
      throw invalidRequest('A credit note can only be voided while its invoice is open.');
    }
    const voided = world.store.patch('credit_notes', id, { status: 'void', voided_at: nowOf(world, invoice.customer) });
    emit(world, 'credit_note.voided', voided);
    const changes = {
      status: 'open',
      amount_due: invoice.amount_due + note.pre_payment_amount,
      amount_remaining: invoice.amount_remaining + note.pre_payment_amount,
      pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount - note.pre_payment_amount,
    } as const;
    change(world, 'invoices', invoice.id, changes, 'invoice.updated');
    return voided;
  }),
];
