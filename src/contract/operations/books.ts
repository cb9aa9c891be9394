import { z } from 'zod';

import { periodConfirmation, periodReopening, periodSignature, periodsQuery } from '../accounting-periods.ts';
import { journalExportBody, journalExportsQuery } from '../journal-exports.ts';
import { variancesQuery } from '../lists.ts';
import type { Operation } from '../operation.ts';
import { reconciliationBody } from '../reconciliations.ts';
import { varianceAssignment, varianceExplanation } from '../variances.ts';
import { at, atOrNull, credits, currency, idOf, listOf, word, wordOrNull } from '../wire-values.ts';

/** Money as finance reads it: major units, all places of its currency. */
const money = z.string().regex(/^-?\d+(\.\d+)?$/);

const variance = z
  .object({
    id: idOf('var'),
    object: z.literal('variance'),
    customer: idOf('customer').nullable(),
    check: word,
    class: word,
    subject: word,
    ours: wordOrNull,
    theirs: wordOrNull,
    unit: wordOrNull,
    amount: wordOrNull,
    cause: wordOrNull,
    repair: wordOrNull,
    state: z.enum(['open', 'explained', 'corrected', 'written_off']),
    owner: wordOrNull,
    explanation: wordOrNull,
    evidence: wordOrNull,
    explained_by: wordOrNull,
    found_at: at,
    last_seen_at: at,
  })
  .meta({ id: 'Variance' });

const period = {
  object: z.literal('accounting_period'),
  month: word,
  state: z.enum(['open', 'pending', 'closed']),
  prepared_at: atOrNull,
  requested_by: wordOrNull,
  requested_at: atOrNull,
  closed_by: wordOrNull,
  closed_at: atOrNull,
  approval: wordOrNull,
};

const close = z
  .object({
    ...period,
    ready: z.boolean(),
    checklist: z.array(
      z.object({
        key: word,
        group: z.enum(['before', 'review', 'lock']),
        title: word,
        done: z.boolean(),
        proof: word,
      }),
    ),
    hash: word,
  })
  .meta({ id: 'AccountingPeriod' });

const journalExport = z
  .object({
    id: idOf('export'),
    object: z.literal('journal_export'),
    month: word,
    target: word,
    detail: word,
    recorded_before: at,
    files: z.array(z.object({ name: word, lines: z.int(), sha256: word })),
    totals: z.array(z.object({ currency, journals: z.int(), lines: z.int(), debits: money, credits: money })),
    created_by: word,
    created_at: at,
  })
  .meta({ id: 'JournalExport' });

const closeStep = <Path extends string>(path: Path, summary: string) =>
  ({
    method: 'post',
    path: `/v1/accounting_periods/:month${path}`,
    tag: 'Books',
    summary,
    answers: { 200: close },
  }) as const;

export const bookOperations = {
  reconcile: {
    method: 'post',
    path: '/v1/reconciliations',
    tag: 'Books',
    summary: 'Compare both sides now: who has changed, everybody, or one customer',
    body: reconciliationBody,
    answers: {
      200: z.object({
        id: idOf('recon'),
        object: z.literal('reconciliation'),
        customers: z.int(),
        compared: z.int(),
        checks: z.record(word, z.unknown()),
        unexplained: z.int(),
        stripe_reads: z.int(),
        variances: z.array(variance),
      }),
    },
  },
  listVariances: {
    method: 'get',
    path: '/v1/variances',
    tag: 'Books',
    summary: 'Differences with class, cause and repair',
    query: variancesQuery,
    answers: { 200: listOf(variance) },
  },
  explainVariance: {
    method: 'post',
    path: '/v1/variances/:id/explain',
    tag: 'Books',
    summary: 'Say what a difference is, and where that can be seen',
    body: varianceExplanation,
    answers: { 200: variance },
  },
  assignVariance: {
    method: 'post',
    path: '/v1/variances/:id/assign',
    tag: 'Books',
    summary: 'Give a difference an owner',
    body: varianceAssignment,
    answers: { 200: variance },
  },
  exportJournal: {
    method: 'post',
    path: '/v1/journal_exports',
    tag: 'Books',
    summary: "Export a month's journals for another ledger",
    body: journalExportBody,
    answers: { 201: journalExport },
  },
  listJournalExports: {
    method: 'get',
    path: '/v1/journal_exports',
    tag: 'Books',
    summary: 'Exports so far, the newest first',
    query: journalExportsQuery,
    answers: { 200: listOf(journalExport) },
  },
  getJournalFile: {
    method: 'get',
    path: '/v1/journal_exports/:id/files/:name',
    tag: 'Books',
    summary: 'A file of an export, the same to the byte each time',
    csv: 'always',
    answers: {},
  },
  listAccountingPeriods: {
    method: 'get',
    path: '/v1/accounting_periods',
    tag: 'Books',
    summary: 'Months of the books, the newest first',
    query: periodsQuery,
    answers: { 200: listOf(z.object(period)) },
  },
  getAccountingPeriod: {
    method: 'get',
    path: '/v1/accounting_periods/:month',
    tag: 'Books',
    summary: 'A month with the checklist of its close',
    answers: { 200: close },
  },
  getMonthFigures: {
    method: 'get',
    path: '/v1/accounting_periods/:month/figures',
    tag: 'Books',
    summary: 'Roll-forward of deferred credits, free credits and trial balance of a month',
    answers: {
      200: z.object({
        object: z.literal('month_figures'),
        month: word,
        roll_forward: z.array(
          z.object({
            currency,
            bought_in: wordOrNull,
            opening: money,
            purchased: money,
            used: money,
            breakage: money,
            refunded: money,
            other: money,
            closing: money,
          }),
        ),
        free_credits: z.array(
          z.object({
            unit: word,
            source: word,
            opening: credits,
            granted: credits,
            used: credits,
            expired: credits,
            other: credits,
            closing: credits,
          }),
        ),
        trial_balance: z.array(
          z.object({ currency, account: word, opening: money, debit: money, credit: money, closing: money }),
        ),
      }),
    },
  },
  prepareClose: closeStep('/prepare', 'Work through the checklist: recognise, reconcile, seal'),
  confirmClose: {
    ...closeStep('/confirm', 'Confirm what happened in another system'),
    body: periodConfirmation,
  },
  requestClose: closeStep('/request', 'Ask for the second signature'),
  withdrawClose: closeStep('/withdraw', 'Take the request back'),
  signClose: { ...closeStep('/sign', 'Sign, as a second person: the month is frozen'), body: periodSignature },
  reopenClose: { ...closeStep('/reopen', 'Open the last closed month again'), body: periodReopening },
} as const satisfies Record<string, Operation>;
