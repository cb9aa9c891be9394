import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import { toWireId, wireId } from './ids.ts';
import { LIST_LIMIT } from './lists.ts';
import { duration } from './sandbox.ts';

export const holdsQuery = z.strictObject({
  state: z.enum(['open']).default('open'),
  /** Placed at least so long ago: "15m". */
  older_than: duration.optional(),
  limit: LIST_LIMIT,
  starting_after: wireId('hold').optional(),
});

interface ListedHold {
  readonly holdId: string;
  readonly customerId: string;
  readonly externalId: string | null;
  readonly state: string;
  readonly action: string;
  readonly member: string | null;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly held: bigint;
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly ageSeconds: number;
}

export function listedHold(hold: ListedHold) {
  return {
    id: toWireId('hold', hold.holdId),
    object: 'hold',
    customer: toWireId('customer', hold.customerId),
    external_id: hold.externalId,
    state: hold.state,
    action: hold.action,
    member: hold.member,
    amount: formatCredits(hold.amount),
    captured: formatCredits(hold.captured),
    held: formatCredits(hold.held),
    placed_at: hold.placedAt,
    expires_at: hold.expiresAt,
    age_seconds: hold.ageSeconds,
  };
}
