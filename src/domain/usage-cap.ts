// Caps: how much one member, or one agent, may use in a window, however full the pool is. A cap refuses what asks first
// (check, hold); use that is reported has happened and is counted.
import { formatCredits, greater, parseCredits } from './amount.ts';
import { type CapCounter, type CapScope, type CapWindow, counterName } from './cap-book.ts';
import type { UsageCap } from './catalogue.ts';
import type { PeriodState, PoolBook } from './pool-book.ts';
import type { Refused } from './rejection.ts';

/** On whose behalf credits are used. */
export interface Spender {
  readonly member: string | null;
  readonly agent: string | null;
}

interface Limit {
  readonly scope: CapScope;
  readonly name: string;
  readonly window: CapWindow;
  /** null counts without limiting. */
  readonly credits: bigint | null;
}

/** Where the window of an instant begins: the UTC day or month, or the billing period. */
export function windowStart(window: CapWindow, at: Date, period: Pick<PeriodState, 'startsAt'>): Date {
  if (window === 'period') return period.startsAt;
  const day = window === 'day' ? at.getUTCDate() : 1;
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), day));
}

/** The first limit that this amount would pass, as a refusal; null when all of them have room. */
export function refusedByCap(
  book: PoolBook,
  who: Spender,
  amount: bigint,
  { period, action, now }: { readonly period: PeriodState; readonly action: string; readonly now: Date },
): Refused | null {
  for (const limit of limitsOf(book, who)) {
    if (limit.credits === null) continue;
    const left = greater(0n, limit.credits - usedOf(book, limit, windowStart(limit.window, now, period)));
    if (amount > left) return capReached({ ...limit, credits: limit.credits }, { needed: amount, left, action });
  }
  return null;
}

/** Counts what a spender used or holds (negative: gave back) in the windows of the limits in force. */
export function countUse(
  book: PoolBook,
  who: Spender,
  amount: bigint,
  { period, at }: { readonly period: Pick<PeriodState, 'startsAt'>; readonly at: Date },
): void {
  if (amount === 0n) return;
  const { caps } = book;
  for (const { scope, name, window } of limitsOf(book, who)) {
    const counter: CapCounter = {
      scope,
      name,
      window,
      windowStart: windowStart(window, at, period),
      used: 0n,
      delta: 0n,
    };
    const key = counterName(counter);
    const known = caps.counters.get(key) ?? counter;
    known.used += amount;
    known.delta += amount;
    caps.counters.set(key, known);
    caps.changed.add(key);
  }
}

export type CapName = `${CapScope}_cap`;

/** The first cap that a spender is past in the windows of an instant: use that is reported has happened, and is counted. */
export function capPassed(
  book: PoolBook,
  who: Spender,
  { period, at }: { readonly period: Pick<PeriodState, 'startsAt'>; readonly at: Date },
): CapName | null {
  const passed = limitsOf(book, who).find(
    (limit) => limit.credits !== null && usedOf(book, limit, windowStart(limit.window, at, period)) > limit.credits,
  );
  return passed === undefined ? null : `${passed.scope}_cap`;
}

/** What a member has used under its cap in the running window, and the cap; null where none is in force. */
export function memberUse(
  book: PoolBook,
  member: string,
  { period, now }: { readonly period: PeriodState; readonly now: Date },
): { readonly credits: bigint | null; readonly window: CapWindow; readonly used: bigint } | null {
  const [limit] = limitsOf(book, { member, agent: null });
  if (limit === undefined) return null;
  const { credits, window } = limit;
  return { credits, window, used: usedOf(book, limit, windowStart(window, now, period)) };
}

function limitsOf({ caps, terms }: PoolBook, { member, agent }: Spender): readonly Limit[] {
  const limits: Limit[] = [];
  const own = member === null ? undefined : caps.overrides.get(member);
  const ofPlan = terms?.policy.caps;
  if (member !== null && own !== undefined) limits.push({ scope: 'member', name: member, ...own });
  else if (member !== null) limits.push(...limitOf('member', member, ofPlan?.member));
  if (agent !== null) limits.push(...limitOf('agent', agent, ofPlan?.agent));
  return limits;
}

function limitOf(scope: CapScope, name: string, cap: UsageCap | null | undefined): readonly Limit[] {
  return cap === null || cap === undefined
    ? []
    : [{ scope, name, window: cap.window, credits: parseCredits(cap.credits) }];
}

function usedOf({ caps }: PoolBook, { scope, name, window }: Limit, start: Date): bigint {
  return caps.counters.get(counterName({ scope, name, window, windowStart: start }))?.used ?? 0n;
}

const LIFTED_BY = {
  member: "whoever administers the account, by raising the member's cap",
  agent: 'the seller, by a plan with a higher cap for agents',
} as const;

function capReached(
  { scope, name, window, credits }: Limit & { readonly credits: bigint },
  { needed, left, action }: { readonly needed: bigint; readonly left: bigint; readonly action: string },
): Refused {
  const cap = `${formatCredits(credits)} credits a ${window === 'period' ? 'billing period' : window}`;
  return {
    rejected: {
      code: 'insufficient_credits',
      message: `${formatCredits(needed)} credits needed for ${action}, ${formatCredits(left)} left under the cap of ${scope} ${name} (${cap}). The pool is not what says no: ask ${LIFTED_BY[scope]}.`,
      details: {
        needed: formatCredits(needed),
        available: formatCredits(left),
        limit: `${scope}_cap`,
        lifted_by: LIFTED_BY[scope],
      },
    },
  };
}
