import type { RegisteredUse, ShadowKind } from '../domain/shadow.ts';
import type { Database, Transaction } from './database.ts';
import { forgetRead, freshly } from './fresh-reads.ts';
import { COUNTED_LINES } from './provider-bills.ts';
import { execute, query } from './query.ts';

const ENTRY = `select kind, name, state, owner, reason, changed_by as "changedBy", changed_at as "changedAt" from registered_uses`;

/** Who is known and who is blocked. */
export async function listRegisteredUses(on: Database | Transaction): Promise<readonly RegisteredUse[]> {
  return query<RegisteredUse>(on, `${ENTRY} order by kind, name`);
}

/** Entries of the kinds of which something is blocked, for every request: at most a second old. Mostly none. */
export async function blockingUses(db: Database): Promise<readonly RegisteredUse[]> {
  return freshly(db, 'registered_uses', async () => {
    const all = await listRegisteredUses(db);
    const kinds = new Set(all.flatMap(({ kind, state }) => (state === 'blocked' ? [kind] : [])));
    return all.filter(({ kind }) => kinds.has(kind));
  });
}

/** Makes the next request see what was just decided. */
export function forgetRegisteredUses(db: Database): void {
  forgetRead(db, 'registered_uses');
}

/** The entry of a name as it stands, locked; null where there is none. */
export async function lockRegisteredUse(
  trx: Transaction,
  kind: ShadowKind,
  name: string,
): Promise<RegisteredUse | null> {
  await query(trx, `select pg_advisory_xact_lock(hashtext('creditpool.registered_uses')) is null as locked`);
  const [row] = await query<RegisteredUse>(trx, `${ENTRY} where kind = $1 and name = $2`, [kind, name]);
  return row ?? null;
}

export async function saveRegisteredUse(trx: Transaction, entry: RegisteredUse): Promise<void> {
  const { kind, name, state, owner, reason, changedBy, changedAt } = entry;
  await execute(
    trx,
    `insert into registered_uses (kind, name, state, owner, reason, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (kind, name) do update set state = excluded.state, owner = excluded.owner, reason = excluded.reason,
       changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
    [kind, name, state, owner, reason, changedBy, changedAt],
  );
}

export interface Sighting {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly via: 'usage' | 'provider_bill';
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly uses: number;
  /** Whose use it was, the first time; null on a bill. */
  readonly customerId: string | null;
  /** Nano-units by currency, as decimal text. */
  readonly costs: Readonly<Record<string, string>>;
}

/** Names on uses that were recorded since, and on bills, with what is known of their cost. */
export async function sightings(
  on: Database | Transaction,
  { since, kinds }: { readonly since: Date; readonly kinds: readonly ShadowKind[] },
): Promise<readonly Sighting[]> {
  return query<Sighting>(
    on,
    `with seen as (
       select n.kind, n.name, 'usage' as via, c.occurred_at as at, c.customer_id, c.cost_nano as nano, c.currency, 1 as uses
       from provider_costs c
       cross join lateral (values ('model', c.model), ('key', c.provider_key), ('feature', c.feature), ('member', c.member))
         as n (kind, name)
       where c.lane between 0 and 63 and c.recorded_at >= $1 and n.kind = any ($2::text[]) and n.name is not null
       union all
       select n.kind, n.name, 'usage', e.occurred_at, e.customer_id, null, null, 1
       from usage_events e
       join burn_rates b on b.burn_rate_id = e.burn_rate_id
       cross join lateral (values ('model', e.dimensions ->> 'model'), ('feature', b.feature), ('member', e.member)) as n (kind, name)
       where e.lane between 0 and 63 and e.recorded_at >= $1 and n.kind = any ($2::text[]) and n.name is not null
         and not exists (select from provider_costs c where c.lane = e.lane and c.lane between 0 and 63
           and c.customer_id = e.customer_id and c.cost_id = e.usage_event_id)
       union all
       select n.kind, n.name, 'provider_bill', l.day::timestamp at time zone 'UTC', null, l.amount_nano, l.currency, 0
       from (${COUNTED_LINES}) l
       cross join lateral (values ('model', l.model), ('key', l.provider_key)) as n (kind, name)
       where n.kind = any ($2::text[]) and n.name is not null
     ), costs as (
       select kind, name, via, jsonb_object_agg(currency, nano) as costs
       from (select kind, name, via, currency, sum(nano)::text as nano from seen where nano is not null group by 1, 2, 3, 4) s
       group by 1, 2, 3
     )
     select s.kind, s.name, s.via, min(s.at) as "firstAt", max(s.at) as "lastAt", sum(s.uses)::int as uses,
       (array_agg(s.customer_id order by s.at))[1] as "customerId", coalesce(c.costs, '{}') as costs
     from seen s left join costs c on c.kind = s.kind and c.name = s.name and c.via = s.via
     group by s.kind, s.name, s.via, c.costs order by s.kind, s.name, s.via`,
    [since, kinds],
  );
}

export interface FoundShadow {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly firstSeenAt: Date;
  readonly foundAt: Date;
  readonly via: 'usage' | 'provider_bill';
  readonly customerId: string | null;
}

/** Keeps what nobody knew; answers those that are new. */
export async function insertFindings(trx: Transaction, found: readonly FoundShadow[]): Promise<readonly FoundShadow[]> {
  return query<FoundShadow>(
    trx,
    `insert into shadow_findings (kind, name, first_seen_at, found_at, via, customer_id)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::uuid[])
     on conflict (kind, name) do nothing
     returning kind, name, first_seen_at as "firstSeenAt", found_at as "foundAt", via, customer_id as "customerId"`,
    [
      found.map(({ kind }) => kind),
      found.map(({ name }) => name),
      found.map(({ firstSeenAt }) => firstSeenAt),
      found.map(({ foundAt }) => foundAt),
      found.map(({ via }) => via),
      found.map(({ customerId }) => customerId),
    ],
  );
}

/** What was found, the newest first. */
export async function listFindings(on: Database | Transaction): Promise<readonly FoundShadow[]> {
  return query<FoundShadow>(
    on,
    `select kind, name, first_seen_at as "firstSeenAt", found_at as "foundAt", via, customer_id as "customerId"
     from shadow_findings order by found_at desc, kind, name`,
  );
}
