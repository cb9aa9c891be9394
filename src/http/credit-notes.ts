import { creditNote, creditNotePreview, type CreditNotePreviewBody } from '../contract/credit-notes.ts';
import { toWireId } from '../contract/ids.ts';
import { formatCredits } from '../domain/amount.ts';
import type { CreditNoteOrder } from '../domain/credit-note-order.ts';
import { issueCreditNote } from '../operations/issue-credit-note.ts';
import { type CreditNotePreview, previewCreditNote } from '../operations/preview-credit-note.ts';
import { parse } from './parse.ts';
import { idempotencyOf, ok, type Route } from './route.ts';

export const creditNoteRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/credit_notes/preview',
    scopes: ['support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(creditNotePreview, request.body);
      if ('rejected' in asked) return asked;
      const preview = await previewCreditNote(deps, toOrder(asked.value));
      return 'rejected' in preview ? preview : ok(shown(preview));
    },
  },
  {
    method: 'post',
    path: '/v1/credit_notes',
    scopes: ['support', 'finance'],
    needsIdempotencyKey: true,
    reply: async ({ deps, wake }, request) => {
      const asked = parse(creditNote, request.body);
      if ('rejected' in asked) return asked;
      const {
        reason,
        ticket,
        memo,
        preview_hash: previewHash,
        email_customer: emailCustomer,
        usage_events,
      } = asked.value;
      const issued = await issueCreditNote(deps, {
        ...toOrder(asked.value),
        reason,
        ticket,
        actor: `key:${request.caller.name}`,
        emailCustomer,
        idempotencyKey: idempotencyOf(request).key,
        ...(memo !== undefined && { memo }),
        ...(previewHash !== undefined && { previewHash }),
        ...(usage_events !== undefined && { reverseUsageEventIds: usage_events }),
      });
      if ('rejected' in issued) return issued;
      wake('inbox');
      return {
        status: issued.state === 'waiting' ? 202 : 200,
        body: {
          id: toWireId('cnreq', issued.requestId),
          object: 'credit_note_request',
          state: issued.state,
          customer: toWireId('customer', issued.customer.customerId),
          invoice: issued.invoiceId,
          currency: issued.currency,
          amount_minor: Number(issued.totalMinor),
          settled_as: issued.settlement,
          stripe: { credit_note: issued.creditNoteId },
        },
      };
    },
  },
];

function toOrder(body: CreditNotePreviewBody): CreditNoteOrder {
  return {
    invoiceId: body.invoice,
    settlement: body.settle_as,
    ...(body.amount_minor !== undefined && { amountMinor: body.amount_minor }),
    ...(body.lines !== undefined && {
      lines: body.lines.map(({ line, amount_minor: amountMinor }) => ({
        invoiceLineId: line,
        ...(amountMinor !== undefined && { amountMinor }),
      })),
    }),
  };
}

function shown(preview: CreditNotePreview): object {
  const { money, credits, books } = preview;
  return {
    object: 'credit_note_preview',
    customer: toWireId('customer', preview.customer.customerId),
    invoice: preview.invoiceId,
    currency: preview.currency,
    money: {
      amount_minor: Number(money.totalMinor),
      tax_minor: Number(money.taxMinor),
      reduces_due_minor: Number(money.openMinor),
      given_back_minor: Number(money.paidMinor),
      settled_as: money.settlement,
      lines: money.lines.map((line) => ({
        line: line.invoiceLineId,
        description: line.description,
        amount_minor: Number(line.amountMinor),
        creditable_minor: Number(line.creditableMinor),
      })),
    },
    credits: {
      applied_share_minor: Number(credits.creditsShareMinor),
      restored: formatCredits(credits.restoredMicro),
      clawed_back: formatCredits(credits.clawedBackMicro),
    },
    books: books.map(({ from, to, amountMinor }) => ({ from, to, amount_minor: Number(amountMinor) })),
    preview_hash: preview.previewHash,
  };
}
