// A case as the API and the command line show it.
import { formatCredits } from '../domain/amount.ts';
import type { ApprovalRules } from '../domain/approval.ts';
import type { CasePreview } from '../domain/case-preview.ts';
import type { Case } from '../domain/case-record.ts';
import { missingEvidence, type Outcome } from '../domain/case.ts';
import { toWireId } from './ids.ts';

export function shownCase(one: Case) {
  const { evidence, outcome, kind } = one;
  const missing = [...(outcome === null ? ['outcome'] : []), ...missingEvidence(kind, outcome, evidence)];
  return {
    id: toWireId('case', one.caseId),
    object: 'case',
    customer: toWireId('customer', one.customerId),
    kind,
    state: one.state,
    ticket: evidence.ticket,
    invoice: evidence.invoiceId,
    usage_events: evidence.usageEventIds.map((id) => toWireId('usage', id)),
    grant: evidence.lotId === null ? null : toWireId('grant', evidence.lotId),
    stripe_object: evidence.stripeObject,
    explanation: evidence.explanation,
    missing,
    outcome: outcome === null ? null : shownOutcome(outcome),
    opened_by: one.openedBy,
    opened_at: one.openedAt,
    requester: one.requester,
    submitted_at: one.submittedAt,
    lapses_at: one.lapsesAt,
    payload_hash: one.payloadHash,
    limits: one.limits,
    approval: one.approval,
    approver: one.approver,
    approved_at: one.approvedAt,
    comment: one.comment,
    preview: one.preview === null ? null : shownPreview(one.preview),
    started_at: one.startedAt,
    finished_at: one.finishedAt,
    result: shownResult(one),
    failure: one.failure,
  };
}

/** The limits in force, and who set them. */
export function shownRules(
  rules: ApprovalRules & { readonly changedBy: string; readonly reason: string; readonly changedAt: Date },
) {
  return {
    object: 'approval_rules',
    version: rules.version,
    approvals: rules.approvals,
    credits_item: formatCredits(rules.creditsItem),
    credits_day: formatCredits(rules.creditsDay),
    goodwill_month: formatCredits(rules.goodwillMonth),
    money: Object.fromEntries(
      Object.entries(rules.money).map(([currency, { itemMinor, dayMinor }]) => [
        currency,
        { item_minor: Number(itemMinor), day_minor: Number(dayMinor) },
      ]),
    ),
    changed_by: rules.changedBy,
    changed_at: rules.changedAt,
    reason: rules.reason,
  };
}

export function shownPreview({ money, credits, books, customerText }: CasePreview) {
  return {
    money:
      money === null
        ? null
        : {
            invoice: money.invoice,
            currency: money.currency,
            amount_minor: Number(money.totalMinor),
            tax_minor: Number(money.taxMinor),
            reduces_due_minor: Number(money.reducesDueMinor),
            given_back_minor: Number(money.givenBackMinor),
            settled_as: money.settlement,
            lines: money.lines.map(({ line, description, amountMinor, creditableMinor }) => ({
              line,
              description,
              amount_minor: Number(amountMinor),
              creditable_minor: Number(creditableMinor),
            })),
          },
    credits: {
      given: credits.given,
      restored: credits.restored,
      overage: credits.overage,
      debt: credits.debt,
      unfunded: credits.unfunded,
      by_money: credits.byMoney,
      granted: credits.granted,
      clawed_back: credits.clawedBack,
      taken_back: credits.takenBack,
    },
    books,
    customer_text: customerText,
  };
}

function shownOutcome(outcome: Outcome) {
  switch (outcome.type) {
    case 'restore_credits':
    case 'take_back_credits':
      return { type: outcome.type };
    case 'adjust_future_usage': {
      const { type, amount, expiresAt, features } = outcome;
      return { type, credits: formatCredits(amount), expires_at: expiresAt, features };
    }
    case 'credit_note': {
      const { type, lines, amountMinor, settlement, reverseUsage, memo, emailCustomer } = outcome;
      return {
        type,
        ...(amountMinor !== undefined && { amount_minor: Number(amountMinor) }),
        ...(lines !== undefined && {
          lines: lines.map((one) => ({
            line: one.invoiceLineId,
            ...(one.amountMinor !== undefined && { amount_minor: Number(one.amountMinor) }),
          })),
        }),
        settle_as: settlement,
        reverse_usage: reverseUsage,
        memo,
        email_customer: emailCustomer,
      };
    }
  }
}

function shownResult({ result }: Case) {
  if (result === null) return null;
  const { creditNoteId, lotId, restored, overage, debt, unfunded, takenBack, customerText } = result;
  return {
    credit_note: creditNoteId ?? null,
    grant: lotId === undefined ? null : toWireId('grant', lotId),
    restored: restored ?? '0',
    overage: overage ?? '0',
    debt: debt ?? '0',
    unfunded: unfunded ?? '0',
    taken_back: takenBack ?? '0',
    customer_text: customerText,
  };
}
