// Use or cost of something that nobody registered, or that is blocked and was used all the same.
import { entryFor, isWatched, type RegisteredUse, type ShadowKind } from '../shadow.ts';
import type { Month } from './section.ts';

/** A name on uses or on bills of providers in one month. */
export interface NamedUse {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly month: Month;
  readonly via: 'usage' | 'provider_bill';
  /** None on a bill. */
  readonly uses: number;
  /** null where nothing is known of the cost. */
  readonly currency: string | null;
  /** Nano-units. */
  readonly cost: bigint;
  readonly firstAt: Date;
  /** Whose use it was, the first time; null on a bill. */
  readonly customerId: string | null;
}

export interface KnownCost {
  readonly via: NamedUse['via'];
  readonly currency: string;
  /** Nano-units. */
  readonly cost: bigint;
}

export interface UnregisteredMonth {
  readonly month: Month;
  readonly uses: number;
  /** What uses said and what bills asked for, apart: a bill has the cost of uses in it. */
  readonly costs: readonly KnownCost[];
}

export interface Unregistered {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly state: 'open' | 'blocked';
  /** Who answers for it: whoever blocked it; null as long as nobody decided. */
  readonly owner: string | null;
  readonly firstSeenAt: Date;
  /** Whose use it was, the first time; null where only a bill names it. */
  readonly customerId: string | null;
  readonly customerName: string | null;
  /** In the month. */
  readonly uses: number;
  readonly costs: readonly KnownCost[];
  /** Six months, the oldest first. */
  readonly months: readonly UnregisteredMonth[];
}

/** Of the kinds that are watched: what the last of the months names and nobody registered, with the months before it. */
export function unregisteredOf(
  registry: readonly RegisteredUse[],
  named: readonly NamedUse[],
  months: readonly Month[],
): readonly Omit<Unregistered, 'customerName'>[] {
  const byName = Map.groupBy(named, ({ kind, name }) => `${kind}/${name}`);
  return [...byName.values()].flatMap((seen) => {
    const [first] = seen.toSorted((a, b) => a.firstAt.getTime() - b.firstAt.getTime());
    if (first === undefined || !seen.some(({ month }) => month === months.at(-1))) return [];
    const { kind, name, firstAt: firstSeenAt, customerId } = first;
    const entry = entryFor(registry, kind, name);
    if (entry?.state === 'registered' || !(isWatched(registry, kind) || entry?.state === 'blocked')) return [];
    const history = months.map((month) => monthOf(seen, month));
    const { uses = 0, costs = [] } = history.at(-1) ?? {};
    const state = entry === null ? ('open' as const) : ('blocked' as const);
    const owner = entry?.owner ?? null;
    return [{ kind, name, state, owner, firstSeenAt, customerId, uses, costs, months: history }];
  });
}

function monthOf(seen: readonly NamedUse[], month: Month): UnregisteredMonth {
  const own = seen.filter((one) => one.month === month);
  const costs = own.flatMap(({ via, currency, cost }) => (currency === null ? [] : [{ via, currency, cost }]));
  return { month, uses: own.reduce((sum, { uses }) => sum + uses, 0), costs };
}

/** What is told of its cost: what uses said in the currency that most of it is in, else what a bill asked for. */
export function toldCost({ costs }: Pick<Unregistered, 'costs'>): KnownCost | null {
  const most = (a: KnownCost, b: KnownCost): number => Number(b.cost > a.cost) - Number(b.cost < a.cost);
  const via = (which: NamedUse['via']): KnownCost | undefined =>
    costs.filter((one) => one.via === which).toSorted(most)[0];
  return via('usage') ?? via('provider_bill') ?? null;
}
