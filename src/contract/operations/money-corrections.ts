import { z } from 'zod';

import { clearingQuery, clearingSettlement } from '../clearing.ts';
import { creditNote, creditNotePreview } from '../credit-notes.ts';
import type { Operation } from '../operation.ts';
import { at, credits, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';
import { limits, notedLines } from './corrections.ts';

const noteRequest = z.object({
  id: idOf('cnreq').nullable(),
  object: z.literal('credit_note_request'),
  state: z.enum(['issued', 'waiting_for_approval', 'waiting']),
  case: idOf('case'),
  limits,
  customer: idOf('customer'),
  invoice: word,
  currency: currency.nullable(),
  amount_minor: minor,
  settled_as: wordOrNull,
  stripe: z.object({ credit_note: wordOrNull }),
});

export const moneyCorrectionOperations = {
  previewCreditNote: {
    method: 'post',
    path: '/v1/credit_notes/preview',
    tag: 'Corrections',
    summary: 'What a credit note would move: money, credits and books',
    body: creditNotePreview,
    answers: {
      200: z.object({
        object: z.literal('credit_note_preview'),
        customer: idOf('customer'),
        invoice: word,
        currency,
        money: z.object({
          amount_minor: minor,
          tax_minor: minor,
          reduces_due_minor: minor,
          given_back_minor: minor,
          settled_as: word,
          lines: notedLines,
        }),
        credits: z.object({ applied_share_minor: minor, restored: credits, clawed_back: credits }),
        books: z.array(z.object({ from: word, to: word, amount_minor: minor })),
        preview_hash: word,
      }),
    },
  },
  issueCreditNote: {
    method: 'post',
    path: '/v1/credit_notes',
    tag: 'Corrections',
    summary: 'Undo money: name the amount; above a limit a second person agrees first',
    body: creditNote,
    answers: { 200: noteRequest, 202: noteRequest },
  },
  listClearing: {
    method: 'get',
    path: '/v1/clearing',
    tag: 'Books',
    summary: 'What stands open in the clearing accounts, with its age',
    query: clearingQuery,
    answers: {
      200: listOf(
        z.object({
          object: z.literal('open_clearing'),
          customer: idOf('customer'),
          account: word,
          stripe_object: word,
          kind: word,
          currency,
          balance_minor: minor,
          since: at,
          days: z.int(),
          what: word,
          to_do: wordOrNull,
        }),
      ),
    },
  },
  settleClearing: {
    method: 'post',
    path: '/v1/clearing/settle',
    tag: 'Books',
    summary: "Close what the company's own bank account paid or received",
    body: clearingSettlement,
    answers: {
      200: z.object({
        object: z.literal('settled_clearing'),
        account: word,
        stripe_object: word,
        currency,
        balance_minor: minor,
        entry: idOf('entry'),
      }),
    },
  },
} as const satisfies Record<string, Operation>;
