// The two ways to pay for a request: credits held before it and captured after it, or asked for before it and tracked after it.
import { formatCredits } from '../domain/amount.ts';
import type { Refused } from '../domain/rejection.ts';
import type { Operations } from './operations.ts';

interface Use {
  readonly eventId: string;
  readonly customer: string;
  readonly member: string | null;
  readonly action: string;
  quantities: Readonly<Record<string, bigint>>;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What it cost and what is left, as decimal strings; null: not known. */
export interface Shown {
  readonly cost: string | null;
  readonly remaining: string | null;
}

export interface Charge extends Shown {
  readonly use: Use;
  readonly holdId: string | null;
  /** Null: the database was away, so nothing was begun. */
  readonly capture: (() => Promise<Shown | Refused>) | null;
  readonly release: (() => Promise<unknown>) | null;
}

/** Reserves what the use says, or refuses before any work begins. */
export async function holdAndCapture(operations: Operations, use: Use): Promise<Charge | Refused> {
  const { eventId, customer, action, member, dimensions } = use;
  const key = (step: string) => ({ key: `${eventId}${step}`, fingerprint: eventId });
  const asked = { customer, action, member, dimensions, quantities: use.quantities, amount: null, ttlSeconds: null };
  const placed = await operations.placeHold({ ...asked, ...key('') });
  if ('rejected' in placed) return placed;
  const { holdId, amount, available } = placed.hold;
  return {
    use,
    holdId,
    cost: amount,
    remaining: available,
    capture: async () => {
      const taken = { holdId, quantities: use.quantities, amount: null, dimensions, final: true };
      const captured = await operations.captureHold({ ...taken, ...key('/capture') });
      if ('rejected' in captured) return captured;
      return { cost: captured.hold.captured, remaining: captured.hold.available };
    },
    release: async () => operations.releaseHold({ holdId, ...key('/release') }),
  };
}

/** Asks whether it may run and reserves nothing: what succeeds is tracked, whatever else happened meanwhile. */
export async function chargeOnSuccess(operations: Operations, use: Use): Promise<Charge | Refused> {
  const { eventId, customer, action, member, dimensions } = use;
  const may = await operations.checkUsage({ customer, action, member, dimensions, quantities: use.quantities });
  if ('rejected' in may) return may;
  if (may.refusal !== null) return may.refusal;
  return {
    use,
    holdId: null,
    cost: formatCredits(may.cost),
    remaining: formatCredits(may.available),
    capture: async () => {
      const event = { eventId, customer, action, member, dimensions, quantities: use.quantities };
      const [tracked] = await operations.trackUsage([{ ...event, occurredAt: null, source: 'host' }]);
      if (tracked === undefined) throw new Error('one event went in and no answer came out');
      if ('rejected' in tracked) return { rejected: tracked.rejected };
      return { cost: formatCredits(tracked.credits), remaining: formatCredits(tracked.available) };
    },
    release: null,
  };
}
