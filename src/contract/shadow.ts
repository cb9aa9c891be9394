import { z } from 'zod';

import { formatNano } from '../domain/nano-money.ts';
import { type RegisteredUse, SHADOW_KINDS, type ShadowKind } from '../domain/shadow.ts';
import { toWireId } from './ids.ts';
import { text } from './text.ts';

export const FINDING_STATES = ['open', 'acknowledged', 'blocked'] as const;

export const shadowKind = z.enum(SHADOW_KINDS);

/** Registers a name, or blocks it. */
export const shadowDecision = z.strictObject({
  kind: shadowKind,
  name: text(200),
  state: z.enum(['registered', 'blocked']),
  owner: text(200).optional(),
  reason: text(500),
});

export const findingsQuery = z.strictObject({ state: z.enum(FINDING_STATES).optional() });

export function shownEntry({ changedBy, changedAt, ...entry }: RegisteredUse) {
  return { object: 'registered_use' as const, ...entry, changed_by: changedBy, changed_at: changedAt };
}

interface Finding {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly state: (typeof FINDING_STATES)[number];
  readonly via: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date | null;
  readonly foundAt: Date;
  readonly customerId: string | null;
  readonly entry: RegisteredUse | null;
  readonly uses: number;
  readonly costs: readonly { readonly via: string; readonly currency: string; readonly nano: bigint }[];
}

/** What was found, with all that it has cost until now. */
export function shownFinding(finding: Finding) {
  return {
    object: 'shadow_finding' as const,
    kind: finding.kind,
    name: finding.name,
    state: finding.state,
    via: finding.via,
    owner: finding.entry?.owner ?? null,
    reason: finding.entry?.reason ?? null,
    customer: finding.customerId === null ? null : toWireId('customer', finding.customerId),
    uses: finding.uses,
    costs: finding.costs.map(({ via, currency, nano }) => ({ via, currency, amount: formatNano(nano) })),
    first_seen_at: finding.firstSeenAt,
    last_seen_at: finding.lastSeenAt,
    found_at: finding.foundAt,
  };
}
