// One entry of the ledger with everything behind it, as the API tells it.
import { formatCredits } from '../domain/amount.ts';
import type { ExplainedEntry, ExplainedPosting } from '../domain/entry-explanation.ts';
import { toWireId } from './ids.ts';

interface Usage {
  readonly usageEventId: string;
  readonly source: string;
  readonly eventId: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly draws: readonly { readonly lotId: string; readonly amount: bigint }[];
}

interface Hold {
  readonly holdId: string;
  readonly action: string;
  readonly state: string;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly placedAt: Date;
}

export function shownEntry(told: {
  readonly entry: ExplainedEntry;
  readonly postings: readonly ExplainedPosting[];
  readonly usage: readonly Usage[];
  readonly hasMoreUsage: boolean;
  readonly hold: Hold | null;
}) {
  const { entry, postings, usage, hold } = told;
  return {
    id: toWireId('entry', entry.entryId),
    object: 'ledger_entry',
    customer: toWireId('customer', entry.customerId),
    kind: entry.kind,
    effective_at: entry.effectiveAt,
    recorded_at: entry.recordedAt,
    actor: entry.actor,
    reason: entry.reason,
    ticket: entry.ticket,
    source: { type: entry.sourceType, id: entry.sourceId },
    period: entry.billingPeriodId === null ? null : toWireId('period', entry.billingPeriodId),
    belongs_to: entry.belongsTo?.slice(0, 7) ?? null,
    plan: entry.plan === null ? null : { plan: entry.plan, version: entry.planVersion },
    burn_rate:
      entry.burnRateId === null
        ? null
        : {
            id: toWireId('rate', entry.burnRateId),
            action: entry.action,
            feature: entry.feature,
            effective_from: entry.rateFrom,
            rate: entry.rate,
          },
    reversal_of: entry.reversalOf === null ? null : toWireId('entry', entry.reversalOf),
    reversed_by: entry.reversedBy.map((id) => toWireId('entry', id)),
    stripe: entry.stripe,
    postings: postings.map(shownPosting),
    usage_events: usage.map(shownUsage),
    has_more_usage_events: told.hasMoreUsage,
    hold:
      hold === null
        ? null
        : {
            id: toWireId('hold', hold.holdId),
            action: hold.action,
            state: hold.state,
            amount: formatCredits(hold.amount),
            captured: formatCredits(hold.captured),
            placed_at: hold.placedAt,
          },
  };
}

function shownPosting({ from, to, unit, isCredit, amount, lotId, lotSourceType, lotSourceId }: ExplainedPosting) {
  const [invoice, line] = lotSourceType === 'invoice_line' ? (lotSourceId ?? '').split('/') : [];
  return {
    from,
    to,
    unit,
    ...(isCredit ? { credits: formatCredits(amount) } : { amount_minor: Number(amount) }),
    grant: lotId === null ? null : toWireId('grant', lotId),
    invoice_line: invoice === undefined ? null : { invoice, line: line ?? null },
  };
}

function shownUsage(event: Usage) {
  return {
    id: toWireId('usage', event.usageEventId),
    source: event.source,
    event_id: event.eventId,
    occurred_at: event.occurredAt,
    action: event.action,
    member: event.member,
    agent: event.agent,
    quantities: event.quantities,
    dimensions: event.dimensions,
    credits: formatCredits(event.credits),
    overage: formatCredits(event.overage),
    debt: formatCredits(event.debt),
    draws: event.draws.map(({ lotId, amount }) => ({
      grant: toWireId('grant', lotId),
      credits: formatCredits(amount),
    })),
  };
}
