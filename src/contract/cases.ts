import { z } from 'zod';

import { parseCredits } from '../domain/amount.ts';
import type { ApprovalRules } from '../domain/approval.ts';
import { CASE_KINDS, CASE_STATES, type Evidence, type Outcome } from '../domain/case.ts';
import { positiveCredits, positiveMinor } from './amounts.ts';
import { invoiceId, SETTLE_AS, stripeLineId } from './credit-notes.ts';
import { customerName, wireId } from './ids.ts';
import { LIST_LIMIT } from './lists.ts';
import { instant, text } from './text.ts';

/** Free text is looked at once more where it is kept: card numbers, marks that turn text around. */
const evidence = {
  ticket: text(200).nullable().optional(),
  invoice: invoiceId.nullable().optional(),
  usage_events: z.array(wireId('usage')).max(1_000).optional(),
  /** The lot that a correction takes credits back from. */
  grant: wireId('grant').nullable().optional(),
  /** Stripe's id of the dispute or the refund. */
  stripe_object: text(255).nullable().optional(),
  explanation: text(2_000).nullable().optional(),
};

const creditNote = z
  .strictObject({
    type: z.literal('credit_note'),
    lines: z
      .array(z.strictObject({ line: stripeLineId, amount_minor: positiveMinor.optional() }))
      .min(1)
      .max(100)
      .optional(),
    amount_minor: positiveMinor.optional(),
    settle_as: z.enum(SETTLE_AS),
    /** Whether the usage that is named as evidence goes back, too. */
    reverse_usage: z.boolean().default(false),
    memo: text(500).optional(),
    email_customer: z.boolean().default(false),
  })
  .refine(({ lines, amount_minor }) => (lines === undefined) !== (amount_minor === undefined), {
    message: 'give either lines or amount_minor',
    path: ['lines'],
  });

const outcome = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('restore_credits') }),
  creditNote,
  z.strictObject({
    type: z.literal('adjust_future_usage'),
    credits: positiveCredits,
    /** Absent: they never expire. */
    expires_at: instant.optional(),
    /** Absent: they pay for every feature of the plan. */
    features: z.array(text(100)).min(1).max(50).optional(),
  }),
  z.strictObject({ type: z.literal('take_back_credits') }),
]);

export const caseOpening = z.strictObject({
  customer: customerName,
  kind: z.enum(CASE_KINDS),
  ...evidence,
  outcome: outcome.optional(),
  /** Submits it at once; within the limits it is executed, too. */
  submit: z.boolean().default(false),
});
export type CaseOpening = z.infer<typeof caseOpening>;

export const caseChange = z.strictObject({
  kind: z.enum(CASE_KINDS).optional(),
  ...evidence,
  outcome: outcome.nullable().optional(),
});

export const caseSubmission = z.strictObject({ payload_hash: z.string().max(100).optional() });

export const caseApproval = z.strictObject({
  payload_hash: z.string().min(1).max(100),
  comment: text(2_000).optional(),
  /** An owner releases it alone; the reason why nobody else could be asked. */
  break_glass: text(2_000).optional(),
});

export const caseComment = z.strictObject({ comment: text(2_000) });
export const noFields = z.strictObject({});

export const casesQuery = z.strictObject({
  state: z.enum(CASE_STATES).optional(),
  customer: customerName.optional(),
  ticket: text(200).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: LIST_LIMIT,
  starting_after: wireId('case').optional(),
});

const limits = z.strictObject({
  item_minor: z.int().nonnegative().max(99_999_999_999),
  day_minor: z.int().nonnegative().max(99_999_999_999),
});

const anyCredits = z
  .string()
  .regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string such as "12.5", with at most 6 places');

/** Only what changes. */
export const rulesChange = z.strictObject({
  approvals: z.enum(['two_people', 'single_operator']).optional(),
  credits_item: anyCredits.optional(),
  credits_day: anyCredits.optional(),
  goodwill_month: anyCredits.optional(),
  money: z.record(z.string().regex(/^[a-z]{3}$/, 'currencies are three small letters: usd'), limits).optional(),
  reason: text(500),
});

export const auditQuery = z.strictObject({
  object: text(300).optional(),
  actor: text(300).optional(),
  limit: LIST_LIMIT,
  starting_after: wireId('audit').optional(),
});

type EvidenceBody = z.output<z.ZodObject<typeof evidence>>;
type OutcomeBody = z.output<typeof outcome>;

/** What a change of the rules says, in integers. */
export function toRulesChange(
  body: z.output<typeof rulesChange>,
): Partial<Omit<ApprovalRules, 'version'>> & { readonly reason: string } {
  const { approvals, money, reason } = body;
  const micro = (credits: string | undefined): bigint | undefined =>
    credits === undefined ? undefined : (parseCredits(credits) ?? undefined);
  const [creditsItem, creditsDay, goodwillMonth] = [body.credits_item, body.credits_day, body.goodwill_month].map(
    micro,
  );
  return {
    reason,
    ...(approvals !== undefined && { approvals }),
    ...(creditsItem !== undefined && { creditsItem }),
    ...(creditsDay !== undefined && { creditsDay }),
    ...(goodwillMonth !== undefined && { goodwillMonth }),
    ...(money !== undefined && {
      money: Object.fromEntries(
        Object.entries(money).map(([currency, { item_minor, day_minor }]) => [
          currency,
          { itemMinor: BigInt(item_minor), dayMinor: BigInt(day_minor) },
        ]),
      ),
    }),
  };
}

/** Only what was said; null takes a piece of evidence away. */
export function toEvidence(body: EvidenceBody): Partial<Evidence> {
  return {
    ...(body.ticket !== undefined && { ticket: body.ticket }),
    ...(body.invoice !== undefined && { invoiceId: body.invoice }),
    ...(body.usage_events !== undefined && { usageEventIds: body.usage_events }),
    ...(body.grant !== undefined && { lotId: body.grant }),
    ...(body.stripe_object !== undefined && { stripeObject: body.stripe_object }),
    ...(body.explanation !== undefined && { explanation: body.explanation }),
  };
}

export function toOutcome(body: OutcomeBody): Outcome {
  switch (body.type) {
    case 'restore_credits':
    case 'take_back_credits':
      return body;
    case 'adjust_future_usage': {
      const amount = parseCredits(body.credits);
      if (amount === null) throw new Error('the schema let an amount through that is none');
      return { type: body.type, amount, expiresAt: body.expires_at ?? null, features: body.features ?? null };
    }
    case 'credit_note':
      return {
        type: body.type,
        settlement: body.settle_as,
        reverseUsage: body.reverse_usage,
        memo: body.memo ?? null,
        emailCustomer: body.email_customer,
        ...(body.amount_minor !== undefined && { amountMinor: body.amount_minor }),
        ...(body.lines !== undefined && {
          lines: body.lines.map(({ line: invoiceLineId, amount_minor: amountMinor }) => ({
            invoiceLineId,
            ...(amountMinor !== undefined && { amountMinor }),
          })),
        }),
      };
  }
}
