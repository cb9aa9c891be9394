// What a customer's own page is told.
import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import type { BalanceLevel } from '../domain/balance-level.ts';
import { customerName } from './ids.ts';
import { instant, text } from './text.ts';

const HOUR = 3_600;

export const portalTokenBody = z.strictObject({
  customer: customerName,
  /** At most a day: nobody can take a token back. */
  expires_in_seconds: z
    .int()
    .min(60)
    .max(24 * HOUR)
    .default(HOUR),
  may_buy: z.boolean().default(false),
});

export const portalUsageQuery = z.strictObject({
  from: instant,
  to: instant,
  format: z.enum(['json', 'csv']).default('json'),
});

export const checkoutBody = z.strictObject({
  pack: text(200),
  /** Where Stripe's page leads back to. */
  return_url: z.url({ protocol: /^https?$/ }).max(2_000),
});

interface ShownUse {
  readonly action: string;
  readonly name: string;
  readonly member: string | null;
  readonly occurredAt: Date;
  readonly credits: bigint;
}

interface PortalFacts {
  readonly balance: {
    readonly plan: string | null;
    readonly available: bigint;
    readonly held: bigint;
    readonly overage: bigint;
    readonly debt: bigint;
    readonly policy: { readonly rules: readonly { rule: string; title: string; text: string }[] } | null;
    readonly period: { readonly startsAt: Date; readonly endsAt: Date } | null;
    readonly lots: readonly {
      readonly source: string;
      readonly granted: bigint;
      readonly drawn: bigint;
      readonly held: bigint;
      readonly left: bigint;
      readonly effectiveAt: Date;
      readonly expiresAt: Date | null;
      readonly open: boolean;
    }[];
    readonly asOf: Date;
  };
  readonly unitName: string;
  readonly notice: string | null;
  readonly level: BalanceLevel;
  readonly granted: bigint;
  readonly expiring: readonly { readonly credits: bigint; readonly at: Date }[];
  readonly costs: readonly {
    readonly action: string;
    readonly name: string;
    readonly price: string;
    readonly cases: readonly string[];
    readonly flat: string | null;
    readonly next: { readonly price: string; readonly from: Date } | null;
  }[];
  readonly recent: readonly ShownUse[];
  readonly packs: readonly {
    readonly pack: string;
    readonly name: string;
    readonly credits: string;
    readonly amountMinor: number;
    readonly currency: string;
  }[];
  readonly topUp: 'off' | 'on' | 'paused';
}

export function shownPortal(portal: PortalFacts, mayBuy: boolean) {
  const { balance, packs } = portal;
  return {
    object: 'portal',
    unit: portal.unitName,
    plan: balance.plan,
    level: portal.level,
    notice: portal.notice,
    available: formatCredits(balance.available),
    granted: formatCredits(portal.granted),
    held: formatCredits(balance.held),
    overage: formatCredits(balance.overage),
    debt: formatCredits(balance.debt),
    period: balance.period === null ? null : { starts_at: balance.period.startsAt, ends_at: balance.period.endsAt },
    expiring: portal.expiring.map(({ credits, at }) => ({ credits: formatCredits(credits), at })),
    policy: balance.policy?.rules ?? [],
    costs: portal.costs,
    recent: portal.recent.map(({ occurredAt, credits, ...use }) => ({
      ...use,
      at: occurredAt,
      credits: formatCredits(credits),
    })),
    grants: balance.lots.map((lot) => ({
      source: lot.source,
      granted: formatCredits(lot.granted),
      used: formatCredits(lot.drawn),
      held: formatCredits(lot.held),
      left: formatCredits(lot.left),
      spendable: lot.open,
      effective_at: lot.effectiveAt,
      expires_at: lot.expiresAt,
    })),
    may_buy: mayBuy,
    packs: mayBuy
      ? packs.map(({ pack, name, credits, amountMinor, currency }) => ({
          pack,
          name,
          credits,
          amount_minor: amountMinor,
          currency,
        }))
      : [],
    top_up: portal.topUp,
    as_of: balance.asOf,
  };
}
