// What members and agents have used in the windows that caps count, as it is kept beside the balances.
import type { UsageCap } from './catalogue.ts';

export type CapWindow = UsageCap['window'];
export type CapScope = 'member' | 'agent';

/** A member's own limit instead of the plan's; null credits: as much as there is. */
export interface MemberCap {
  readonly credits: bigint | null;
  readonly window: CapWindow;
}

export interface CapCounter {
  readonly scope: CapScope;
  readonly name: string;
  readonly window: CapWindow;
  readonly windowStart: Date;
  /** Micro-credits used, and held. */
  used: bigint;
  /** What of it is not stored yet. */
  delta: bigint;
}

export interface CapBook {
  readonly overrides: Map<string, MemberCap>;
  readonly counters: Map<string, CapCounter>;
  readonly changed: Set<string>;
}

export function noCaps(): CapBook {
  return { overrides: new Map(), counters: new Map(), changed: new Set() };
}

/** Text that names a counter inside one customer. */
export function counterName({ scope, name, window, windowStart }: Omit<CapCounter, 'used' | 'delta'>): string {
  return `${scope}/${window}/${windowStart.getTime()}/${name}`;
}
