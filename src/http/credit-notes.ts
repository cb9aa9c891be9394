import { creditNote, creditNotePreview, type CreditNotePreviewBody } from '../contract/credit-notes.ts';
import { toWireId } from '../contract/ids.ts';
import { formatCredits } from '../domain/amount.ts';
import type { Case } from '../domain/case-record.ts';
import type { CreditNoteOrder } from '../domain/credit-note-order.ts';
import { requestCreditNote } from '../operations/cases/request-case.ts';
import { type CreditNotePreview, previewCreditNote } from '../operations/preview-credit-note.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { type Answer, idempotencyOf, ok, type Route } from './route.ts';

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
      const { reason: kind, ticket, memo = null, usage_events: usageEventIds = [] } = asked.value;
      const { preview_hash: moneyHash, email_customer: emailCustomer } = asked.value;
      const { invoiceId, ...order } = toOrder(asked.value);
      const reverseUsage = usageEventIds.length > 0;
      const requested = await requestCreditNote(deps, actingOf(request), {
        invoiceId,
        kind,
        evidence: { ticket, usageEventIds },
        outcome: { type: 'credit_note', ...order, reverseUsage, memo, emailCustomer },
        idempotencyKey: `credit_note/${idempotencyOf(request).key}`,
        ...(moneyHash !== undefined && { moneyHash }),
      });
      if ('rejected' in requested) return requested;
      wake('inbox');
      return shownRequest(requested);
    },
  },
];

/** 202 while a second person or Stripe is waited for; then it is sent by itself. */
function shownRequest({ one, requestId }: { readonly one: Case; readonly requestId: string | null }): Answer {
  const state = one.state === 'done' ? 'issued' : one.state === 'waiting' ? 'waiting_for_approval' : 'waiting';
  return {
    status: state === 'issued' ? 200 : 202,
    body: {
      id: requestId === null ? null : toWireId('cnreq', requestId),
      object: 'credit_note_request',
      state,
      case: toWireId('case', one.caseId),
      limits: one.limits,
      customer: toWireId('customer', one.customerId),
      invoice: one.evidence.invoiceId,
      currency: one.preview?.money?.currency ?? null,
      amount_minor: Number(one.preview?.money?.totalMinor ?? 0),
      settled_as: one.preview?.money?.settlement ?? null,
      stripe: { credit_note: one.result?.creditNoteId ?? null },
    },
  };
}

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
