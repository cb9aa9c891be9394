// Why a balance is what it is, as the API and the command tell it.
import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import type { Explanation, LotStory, Opened } from '../domain/explanation.ts';
import { customerName, toWireId } from './ids.ts';
import { shownSums } from './statements.ts';

export const explainQuery = z.strictObject({ lots: z.enum(['open', 'all']).default('open') });
export const entryQuery = z.strictObject({ customer: customerName.optional() });

export function shownExplanation(story: Explanation) {
  const { spent, sums } = story;
  return {
    object: 'explanation',
    customer: toWireId('customer', story.customerId),
    unit: story.unit,
    plan: story.plan,
    as_of: story.asOf,
    balance: {
      available: formatCredits(story.available),
      not_spendable: formatCredits(sums.available - story.available),
      held: shownSums(sums).held,
      frozen: shownSums(sums).frozen,
      overage: shownSums(sums).overage,
      debt: shownSums(sums).debt,
    },
    lots: story.lots.map(shownLotStory),
    owed: story.owed.map(({ as, billingPeriodId, action, credits }) => ({
      as,
      period: billingPeriodId === null ? null : toWireId('period', billingPeriodId),
      action,
      credits: formatCredits(credits),
    })),
    spent_lots: {
      lots: spent.lots,
      granted: formatCredits(spent.granted),
      drawn: formatCredits(spent.drawn),
      ended: formatCredits(spent.ended),
    },
  };
}

function shownLotStory({ lot, member, opened, remaining, spendable, drawn, heldBy, ended }: LotStory) {
  return {
    id: toWireId('grant', lot.lotId),
    source: lot.source,
    category: lot.category,
    priority: lot.priority,
    member,
    features: lot.features,
    effective_at: lot.effectiveAt,
    expires_at: lot.expiresAt,
    granted: formatCredits(lot.granted),
    granted_by: grantedBy(lot, opened),
    drawn: formatCredits(lot.drawn),
    drawn_by: drawn.map((draw) => ({ ...draw, credits: formatCredits(draw.credits) })),
    held: formatCredits(lot.held),
    held_by: heldBy.map(({ holdId, action, amount, expiresAt }) => ({
      hold: toWireId('hold', holdId),
      action,
      credits: formatCredits(amount),
      expires_at: expiresAt,
    })),
    frozen: formatCredits(lot.frozen),
    ended: formatCredits(lot.ended),
    ended_as: Object.fromEntries(ended.map(({ as, credits }) => [as, formatCredits(credits)])),
    remaining: formatCredits(remaining),
    spendable: formatCredits(spendable),
  };
}

/** By the plan for a period, a line of an invoice, a corrected use with its ticket, or another lot. */
function grantedBy({ sourceType, sourceId, originLotId }: LotStory['lot'], opened: Opened | null) {
  const [first = '', line] = sourceId.split('/');
  return {
    by: sourceType,
    ...(sourceType === 'billing_period' && { period: toWireId('period', first) }),
    ...(sourceType === 'invoice_line' && { invoice: first, invoice_line: line ?? null }),
    ...(sourceType === 'usage_event' && { usage_event: toWireId('usage', first) }),
    ...(sourceType === 'hold' && { hold: toWireId('hold', first) }),
    from_grant: originLotId === null ? null : toWireId('grant', originLotId),
    ...(opened !== null && {
      entry: toWireId('entry', opened.entryId),
      plan: opened.plan,
      plan_version: opened.planVersion,
      actor: opened.actor,
      reason: opened.reason,
      stripe: opened.stripe,
    }),
  };
}
