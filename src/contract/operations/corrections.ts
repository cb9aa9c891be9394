import { z } from 'zod';

import { CASE_KINDS, CASE_STATES } from '../../domain/case.ts';
import {
  auditQuery,
  caseApproval,
  caseChange,
  caseComment,
  caseOpening,
  casesQuery,
  caseSubmission,
  noFields,
  rulesChange,
} from '../cases.ts';
import type { Operation } from '../operation.ts';
import { at, atOrNull, credits, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';

export const notedLines = z.array(
  z.object({ line: word, description: wordOrNull, amount_minor: minor, creditable_minor: minor }),
);

export const limits = z.array(z.object({ name: word, sentence: word }));

const preview = {
  money: z
    .object({
      invoice: word,
      currency,
      amount_minor: minor,
      tax_minor: minor,
      reduces_due_minor: minor,
      given_back_minor: minor,
      settled_as: word,
      lines: notedLines,
    })
    .nullable(),
  credits: z.object({
    given: credits,
    restored: credits,
    overage: credits,
    debt: credits,
    unfunded: credits,
    by_money: credits,
    granted: credits,
    clawed_back: credits,
    taken_back: credits,
  }),
  books: z.array(z.object({ entry: word, from: word, to: word, amount: word, unit: word })),
  customer_text: word,
};

const oneCase = z
  .object({
    id: idOf('case'),
    object: z.literal('case'),
    customer: idOf('customer'),
    kind: z.enum(CASE_KINDS),
    state: z.enum(CASE_STATES),
    ticket: wordOrNull,
    invoice: wordOrNull,
    usage_events: z.array(idOf('usage')),
    grant: idOf('grant').nullable(),
    stripe_object: wordOrNull,
    explanation: wordOrNull,
    missing: z.array(word).meta({ description: 'what has to be said before it can be submitted' }),
    outcome: z.looseObject({ type: word }).nullable(),
    opened_by: word,
    opened_at: at,
    requester: wordOrNull,
    submitted_at: atOrNull,
    lapses_at: atOrNull,
    payload_hash: wordOrNull,
    limits,
    approval: z.enum(['within_limits', 'approved', 'single_operator', 'break_glass']).nullable(),
    approver: wordOrNull,
    approved_at: atOrNull,
    comment: wordOrNull,
    preview: z.object(preview).nullable(),
    started_at: atOrNull,
    finished_at: atOrNull,
    result: z
      .object({
        credit_note: wordOrNull,
        grant: idOf('grant').nullable(),
        restored: credits,
        overage: credits,
        debt: credits,
        unfunded: credits,
        taken_back: credits,
        customer_text: word,
      })
      .nullable(),
    failure: wordOrNull,
  })
  .meta({ id: 'Case' });

/** 202 while a second person or Stripe is waited for. */
const caseAnswers = { 200: oneCase, 202: oneCase };

const rules = z.object({
  object: z.literal('approval_rules'),
  version: z.int(),
  approvals: z.enum(['two_people', 'single_operator']),
  credits_item: credits,
  credits_day: credits,
  goodwill_month: credits,
  money: z.record(currency, z.object({ item_minor: minor, day_minor: minor })),
  changed_by: word,
  changed_at: at,
  reason: word,
});

const caseStep = <Path extends string, Body extends z.ZodType>(path: Path, summary: string, body: Body) =>
  ({
    method: 'post',
    path: `/v1/cases/:id${path}`,
    tag: 'Corrections',
    summary,
    body,
    answers: caseAnswers,
  }) as const;

export const correctionOperations = {
  listCases: {
    method: 'get',
    path: '/v1/cases',
    tag: 'Corrections',
    summary: 'Cases by state, customer or ticket',
    query: casesQuery,
    answers: { 200: listOf(oneCase) },
  },
  openCase: {
    method: 'post',
    path: '/v1/cases',
    tag: 'Corrections',
    summary: 'Open a case, and submit it at once where all is said',
    body: caseOpening,
    answers: caseAnswers,
  },
  getCase: {
    method: 'get',
    path: '/v1/cases/:id',
    tag: 'Corrections',
    summary: 'A case: evidence, what shall be done, who asked, who agreed',
    answers: caseAnswers,
  },
  changeCase: caseStep('', 'Add evidence, or say what shall be done', caseChange),
  previewCase: {
    method: 'post',
    path: '/v1/cases/:id/preview',
    tag: 'Corrections',
    summary: 'What the case would do: money, credits, books, and what the customer may be told',
    answers: {
      200: z.object({ object: z.literal('case_preview'), case: idOf('case'), ...preview, payload_hash: word }),
    },
  },
  submitCase: caseStep('/submit', 'Ask for it to be done', caseSubmission),
  approveCase: caseStep('/approve', 'Agree, as a second person, to exactly what was shown', caseApproval),
  refuseCase: caseStep('/refuse', 'Say no, and why', caseComment),
  closeCase: caseStep('/close', 'Close it: nothing had to be done here', caseComment),
  undoCase: caseStep('/undo', 'Take goodwill back while nothing of it is spent', noFields),
  getApprovalRules: {
    method: 'get',
    path: '/v1/approval_rules',
    tag: 'Corrections',
    summary: 'The limits in force, and who set them',
    answers: { 200: rules },
  },
  changeApprovalRules: {
    method: 'post',
    path: '/v1/approval_rules',
    tag: 'Corrections',
    summary: 'Change the limits above which a second person agrees',
    body: rulesChange,
    answers: { 200: rules },
  },
  listAuditLog: {
    method: 'get',
    path: '/v1/audit_log',
    tag: 'Corrections',
    summary: 'Who did what, the newest first',
    query: auditQuery,
    answers: {
      200: listOf(
        z.object({
          id: idOf('audit'),
          object: z.literal('audit_row'),
          at,
          actor: word,
          actor_name: wordOrNull,
          roles: z.array(word),
          action: word,
          subject_type: word,
          subject: word,
          customer: idOf('customer').nullable(),
          before: z.unknown(),
          after: z.unknown(),
          reason: wordOrNull,
          request_id: wordOrNull,
        }),
      ),
    },
  },
} as const satisfies Record<string, Operation>;
