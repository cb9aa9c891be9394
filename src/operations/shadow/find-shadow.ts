// Looks for use and cost of what nobody registered. Each name is found once, and told once.
import { formatNano } from '../../domain/nano-money.ts';
import type { Refused } from '../../domain/rejection.ts';
import { entryFor, isWatched, type RegisteredUse, SHADOW_KINDS } from '../../domain/shadow.ts';
import { insertAlerts } from '../../storage/alerts.ts';
import { now } from '../../storage/clock.ts';
import { customerNames, type CustomerLabel } from '../../storage/customer-names.ts';
import { transaction } from '../../storage/database.ts';
import {
  type FoundShadow,
  insertFindings,
  listFindings,
  listRegisteredUses,
  type Sighting,
  sightings,
} from '../../storage/shadow.ts';
import { deploymentAlert } from '../deployment-alert.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

const EVER = new Date(0);
/** The job runs every hour; a day more than that misses nothing that a night without us left behind. */
const RECENT_MS = 26 * 3_600_000;

/** Finds what was recorded recently, or ever, and nobody knows; answers the names that are new. */
export async function findShadow(deps: Deps, recorded: 'recent' | 'ever'): Promise<readonly FoundShadow[]> {
  return transaction(deps.db, async (trx) => {
    const registry = await listRegisteredUses(trx);
    const kinds = SHADOW_KINDS.filter((kind) => isWatched(registry, kind));
    if (kinds.length === 0) return [];
    const at = await now(trx);
    const since = recorded === 'ever' ? EVER : new Date(at.getTime() - RECENT_MS);
    const strangers = (await sightings(trx, { since, kinds })).filter(
      ({ kind, name }) => entryFor(registry, kind, name) === null,
    );
    const byName = Map.groupBy(strangers, ({ kind, name }) => `${kind}/${name}`);
    const found = [...byName.values()].flatMap((seen) => {
      const [first] = seen.toSorted((a, b) => a.firstAt.getTime() - b.firstAt.getTime());
      if (first === undefined) return [];
      const { kind, name, via, customerId, firstAt } = first;
      return [{ kind, name, via, customerId, firstSeenAt: firstAt, foundAt: at }];
    });
    const fresh = await insertFindings(trx, found);
    const alerts = fresh.map(({ kind, name, via, firstSeenAt }) =>
      deploymentAlert(deps, 'shadow.found', `${kind}/${name}`, {
        of: kind,
        name,
        via: via === 'usage' ? 'usage' : 'the bill of a provider',
        first_seen_at: firstSeenAt.toISOString(),
        cost: costText(byName.get(`${kind}/${name}`) ?? []),
      }),
    );
    await insertAlerts(trx, at, alerts);
    return fresh;
  });
}

function costText(seen: readonly Sighting[]): string {
  const costs = seen.flatMap(({ costs: own }) => Object.entries(own));
  const amounts = costs.map(([currency, nano]) => `${formatNano(BigInt(nano))} ${currency}`);
  return amounts.length === 0 ? 'unknown' : amounts.join(', ');
}

export interface ShownFinding extends FoundShadow {
  readonly state: 'open' | 'acknowledged' | 'blocked';
  /** Who answers for it; null as long as nobody does. */
  readonly entry: RegisteredUse | null;
  readonly customer: CustomerLabel | null;
  readonly lastSeenAt: Date | null;
  readonly uses: number;
  /** Nano-units by currency. */
  readonly costs: readonly { readonly via: Sighting['via']; readonly currency: string; readonly nano: bigint }[];
}

/** What was found, those that nobody has decided about first, each with all that it has cost until now. */
export async function readFindings(
  deps: Deps,
  acting: Acting,
  asked: { readonly state: ShownFinding['state'] | null },
): Promise<readonly ShownFinding[] | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  if ('rejected' in actor) return actor;
  const [found, registry] = await Promise.all([listFindings(deps.db), listRegisteredUses(deps.db)]);
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const seen = kinds.length === 0 ? [] : await sightings(deps.db, { since: EVER, kinds });
  const byName = Map.groupBy(seen, ({ kind, name }) => `${kind}/${name}`);
  const customers = await customerNames(deps.db, [...new Set(found.flatMap(({ customerId }) => customerId ?? []))]);
  return found
    .map((one) => shown(one, registry, byName.get(`${one.kind}/${one.name}`) ?? [], customers))
    .filter(({ state }) => asked.state === null || state === asked.state)
    .toSorted((a, b) => Number(b.state === 'open') - Number(a.state === 'open'));
}

function shown(
  found: FoundShadow,
  registry: readonly RegisteredUse[],
  seen: readonly Sighting[],
  customers: ReadonlyMap<string, CustomerLabel>,
): ShownFinding {
  const entry = entryFor(registry, found.kind, found.name);
  const last = seen.map(({ lastAt }) => lastAt).toSorted((a, b) => b.getTime() - a.getTime())[0] ?? null;
  const decided = entry?.state === 'blocked' ? 'blocked' : 'acknowledged';
  return {
    ...found,
    entry,
    state: entry === null ? 'open' : decided,
    customer: found.customerId === null ? null : (customers.get(found.customerId) ?? null),
    lastSeenAt: last,
    uses: seen.reduce((sum, { uses }) => sum + uses, 0),
    costs: seen.flatMap(({ via, costs }) =>
      Object.entries(costs).map(([currency, nano]) => ({ via, currency, nano: BigInt(nano) })),
    ),
  };
}
