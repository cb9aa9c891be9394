import { z } from 'zod';

import type { Operation } from '../operation.ts';
import { statementExportQuery } from '../statement-exports.ts';
import {
  correctionApproval,
  correctionPreview,
  correctionRefusal,
  correctionRequest,
  correctionsQuery,
  evidenceQuery,
} from '../variances.ts';
import { at, atOrNull, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';
import { limits } from './corrections.ts';

const correction = z
  .object({
    id: idOf('correction'),
    object: z.literal('correction'),
    variance: idOf('var'),
    customer: idOf('customer'),
    state: z.enum(['waiting', 'posted', 'refused', 'void']),
    debit: word,
    credit: word,
    currency,
    amount_minor: minor,
    effective_at: atOrNull,
    note: word,
    evidence: word,
    payload_hash: word,
    limits,
    requester: word,
    requested_at: at,
    lapses_at: at,
    approval: z.enum(['within_limits', 'approved', 'single_operator']).nullable(),
    approver: wordOrNull,
    decided_at: atOrNull,
    comment: wordOrNull,
    entry: idOf('entry').nullable(),
  })
  .meta({ id: 'VarianceCorrection' });

const evidenceFile = z
  .object({
    id: idOf('evidence'),
    object: z.literal('evidence_file'),
    variance: idOf('var'),
    name: word,
    content_type: word,
    bytes: z.int(),
    sha256: word,
    uploaded_by: word,
    uploaded_at: at,
  })
  .meta({ id: 'EvidenceFile' });

const exportOf = <Kind extends 'ledger' | 'usage' | 'customers'>(kind: Kind, summary: string) =>
  ({
    method: 'get',
    path: `/v1/exports/${kind}`,
    tag: 'Books',
    summary: `${summary}, as CSV or JSON lines; the same again with the recorded_before of its header`,
    query: statementExportQuery,
    csv: 'always',
    answers: {},
  }) as const;

export const varianceOperations = {
  previewCorrection: {
    method: 'post',
    path: '/v1/variances/:id/correction_preview',
    tag: 'Books',
    summary: 'The entry that would correct a difference, and who has to agree',
    body: correctionPreview,
    answers: {
      200: z.object({
        object: z.literal('correction_preview'),
        variance: idOf('var'),
        entry: word,
        effective_at: atOrNull,
        currency,
        lines: z.array(z.object({ account: word, debit_minor: minor.optional(), credit_minor: minor.optional() })),
        balances: z.array(z.object({ account: word, before_minor: minor, after_minor: minor })),
        needs_second_person: z.boolean(),
        limits,
        payload_hash: word,
      }),
    },
  },
  correctVariance: {
    method: 'post',
    path: '/v1/variances/:id/correct',
    tag: 'Books',
    summary: 'Post the entry that was previewed; above a limit a second person agrees first',
    body: correctionRequest,
    answers: { 200: correction, 202: correction },
  },
  listCorrections: {
    method: 'get',
    path: '/v1/corrections',
    tag: 'Books',
    summary: 'Corrections of differences; those that wait the oldest first',
    query: correctionsQuery,
    answers: { 200: listOf(correction) },
  },
  getCorrection: {
    method: 'get',
    path: '/v1/corrections/:id',
    tag: 'Books',
    summary: 'One correction',
    answers: { 200: correction, 202: correction },
  },
  approveCorrection: {
    method: 'post',
    path: '/v1/corrections/:id/approve',
    tag: 'Books',
    summary: 'Agree to what somebody else asked for, and post it',
    body: correctionApproval,
    answers: { 200: correction },
  },
  refuseCorrection: {
    method: 'post',
    path: '/v1/corrections/:id/refuse',
    tag: 'Books',
    summary: 'Say no, or take your own request back',
    body: correctionRefusal,
    answers: { 200: correction },
  },
  attachEvidence: {
    method: 'post',
    path: '/v1/variances/:id/evidence',
    tag: 'Books',
    summary: 'Keep a file (pdf, png, jpeg, csv, txt, eml; at most 10 MB) as evidence',
    query: evidenceQuery,
    takesFile: true,
    answers: { 201: evidenceFile },
  },
  listEvidence: {
    method: 'get',
    path: '/v1/variances/:id/evidence',
    tag: 'Books',
    summary: 'The evidence files of a difference',
    answers: { 200: listOf(evidenceFile) },
  },
  getEvidenceContent: {
    method: 'get',
    path: '/v1/evidence/:id/content',
    tag: 'Books',
    summary: 'An evidence file as it was handed in',
    answersFile: true,
    answers: {},
  },
  exportLedger: exportOf('ledger', 'Every posting of a span'),
  exportUsage: exportOf('usage', 'Every usage event of a span'),
  exportAll: {
    method: 'get',
    path: '/v1/exports/all',
    tag: 'Books',
    summary: 'Everything, to leave with: a zip of JSON lines for each table, as of one instant, with counts and hashes',
    answersFile: true,
    answers: {},
  },
  exportCustomers: exportOf('customers', "Each customer's accounts over a span"),
} as const satisfies Record<string, Operation>;
