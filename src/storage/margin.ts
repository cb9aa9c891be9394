// What uses brought and what they cost, by month: each use with its own share of what its entry drew.
import { CURRENCIES } from '../domain/currency.ts';
import type { MarginDimension, ProviderSpend, UseValue, ValueKind } from '../domain/margin.ts';
import { nanoPerMinor } from '../domain/nano-money.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface MarginScope {
  readonly from: Date;
  readonly until: Date;
  /** Each use counts once in each of them. */
  readonly by: readonly MarginDimension[];
}

const USE_KEYS: Readonly<Record<MarginDimension, string>> = {
  feature: 'u.feature',
  action: 'u.action',
  customer: 'u.customer_id::text',
  model: 'u.model',
};

/**
 * Uses that stood (not undone) with what they were worth, in nano-units. An event's share of its entry is where its
 * credits lie in the order of the entry's events: the same rule by which a reversal finds what to give back.
 */
const USES = `with recursive places as (
  select * from unnest($3::text[], $4::bigint[]) as c (currency, nano)
), stood as (
  select e.lane, e.customer_id, e.usage_event_id as use_id, e.occurred_at, e.action, b.feature, e.credits,
    coalesce(e.entry_id, f.entry_id) as entry_id, c.model, c.cost_nano,
    case when e.entry_id is null then 0 else coalesce(sum(e.credits) over (
      partition by e.lane, e.customer_id, e.entry_id order by e.entry_seq
      rows between unbounded preceding and 1 preceding), 0) end as starts
  from usage_events e
  join burn_rates b on b.burn_rate_id = e.burn_rate_id
  left join unfunded_usage f on f.lane = e.lane and f.customer_id = e.customer_id and f.usage_event_id = e.usage_event_id
  left join provider_costs c on c.lane = e.lane and c.customer_id = e.customer_id and c.cost_id = e.usage_event_id
  where e.lane between 0 and 63 and e.outcome <> 'observed'
    and e.occurred_at >= $1::timestamptz - interval '1 day' and e.occurred_at < $2::timestamptz + interval '1 day'
), uses as (
  select s.lane, s.customer_id, s.use_id, s.occurred_at, s.action, s.feature, s.credits, s.entry_id, s.model, s.cost_nano,
    s.starts, s.starts + s.credits as ends
  from stood s
  where s.occurred_at >= $1 and s.occurred_at < $2 and not exists (
    select from usage_reversals r where r.lane = s.lane and r.lane between 0 and 63 and r.customer_id = s.customer_id
      and r.usage_event_id = s.use_id)
  union all
  select c.lane, c.customer_id, c.entry_id, c.captured_at, h.action, h.feature, c.amount, c.entry_id, m.model, m.cost_nano,
    0, c.amount
  from hold_captures c
  join holds h on h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id
  left join (
    select distinct on (lane, customer_id, hold_id, recorded_at) lane, customer_id, hold_id, recorded_at, model, cost_nano
    from provider_costs where lane between 0 and 63 and hold_id is not null and occurred_at >= $1 and occurred_at < $2
    order by lane, customer_id, hold_id, recorded_at, cost_id
  ) m on m.lane = c.lane and m.customer_id = c.customer_id and m.hold_id = c.hold_id and m.recorded_at = c.captured_at
  where c.lane between 0 and 63 and h.lane between 0 and 63 and c.captured_at >= $1 and c.captured_at < $2
), parts as materialized (
  select p.lane, p.customer_id, p.entry_id, p.lot_id, p.from_kind,
    sum(p.amount) over every - p.amount as starts, sum(p.amount) over every as ends
  from (select distinct lane, customer_id, entry_id from uses where entry_id is not null) u
  join postings p on p.lane = u.lane and p.customer_id = u.customer_id and p.entry_id = u.entry_id
  where p.lane between 0 and 63 and p.to_kind in ('consumed', 'consumed_unpaid')
  window every as (partition by p.lane, p.customer_id, p.entry_id order by p.seq)
), ancestors as (
  select distinct p.lane, p.customer_id, p.lot_id, p.lot_id as ancestor_id from parts p where p.lot_id is not null
  union all
  select a.lane, a.customer_id, a.lot_id, l.origin_lot_id from ancestors a
  join lots l on l.lane = a.lane and l.customer_id = a.customer_id and l.lot_id = a.ancestor_id
  where l.lane between 0 and 63 and l.origin_lot_id is not null
), stock as materialized (
  -- What a micro-credit of each lot brought: what was paid for it, else its fee's share by the catalogue.
  select l.lane, l.customer_id, l.lot_id, case when l.paid_minor > 0 then l.paid_currency else v.currency end as currency,
    case when l.paid_minor > 0 then 'paid' when o.source <> 'included' then 'free'
      when coalesce((v.content ->> 'includedSharePercent')::numeric, 0) > 0 then 'fee' else 'unallocated' end as kind,
    case when l.paid_minor > 0 then l.paid_minor::numeric / l.granted
      else coalesce((v.content ->> 'includedSharePercent')::numeric, 0) / 100
        * (v.content ->> 'baseAmountMinor')::numeric
        / case when v.content ->> 'interval' = 'year' and v.content ->> 'creditsEvery' = 'month' then 12 else 1 end
        / nullif((v.content ->> 'includedCredits')::numeric * 1000000, 0) end as minor
  from ancestors a
  join lots l on l.lane = a.lane and l.customer_id = a.customer_id and l.lot_id = a.lot_id
  join lots o on o.lane = a.lane and o.customer_id = a.customer_id and o.lot_id = a.ancestor_id
  left join billing_periods b on b.lane = o.lane and b.customer_id = o.customer_id and b.billing_period_id = o.billing_period_id
  left join plan_versions v on v.plan_version_id = b.plan_version_id
  where l.lane between 0 and 63 and o.lane between 0 and 63 and o.origin_lot_id is null
), worth as (
  select u.lane, u.customer_id, u.use_id, u.occurred_at, u.action, u.feature, u.model,
    case when p.from_kind = 'debt' then 'unpaid' when p.lot_id is null then 'overage' else k.kind end as kind,
    case when k.kind in ('paid', 'fee') then k.currency else v.currency end as currency,
    (least(u.ends, p.ends) - greatest(u.starts, p.starts)) * case when k.kind in ('paid', 'fee') then k.minor * n.nano
      else (v.content ->> 'pricePerCredit')::numeric * 1000 end as nano
  from uses u
  join parts p on p.lane = u.lane and p.customer_id = u.customer_id and p.entry_id = u.entry_id
    and p.starts < u.ends and u.starts < p.ends
  join journal_entries j on j.lane = u.lane and j.customer_id = u.customer_id and j.entry_id = u.entry_id
  left join plan_versions v on v.plan_version_id = j.plan_version_id
  left join stock k on k.lane = p.lane and k.customer_id = p.customer_id and k.lot_id = p.lot_id
  left join places n on n.currency = k.currency
  where j.lane between 0 and 63
)`;

const MONTH = `to_char(u.occurred_at at time zone 'UTC', 'YYYY-MM') as month`;

/** A row for each dimension that is asked for: the uses are worked out once. */
function namesOf(keys: Readonly<Record<MarginDimension, string>>, by: readonly MarginDimension[]): string {
  return `cross join lateral (values ${by.map((one) => `('${one}', ${keys[one]})`).join(', ')}) as n (dimension, key)`;
}

interface ValueRow {
  readonly by: MarginDimension;
  readonly month: string;
  readonly key: string | null;
  readonly currency: string | null;
  readonly kind: ValueKind | 'use';
  readonly uses: number;
  readonly withoutCost: number;
  readonly credits: string;
  readonly nano: string;
}

/**
 * Uses and their worth, one row a dimension, month, name, currency and kind; rounded half away from zero once, to the
 * nano-unit.
 */
export async function useValues(
  on: Database | Transaction,
  { from, until, by }: MarginScope,
): Promise<readonly (UseValue & { readonly by: MarginDimension })[]> {
  const names = namesOf(USE_KEYS, by);
  const rows = await query<ValueRow>(
    on,
    `${USES}
     select n.dimension as by, ${MONTH}, n.key, null as currency, 'use' as kind, count(*)::int as uses,
       (count(*) filter (where u.cost_nano is null))::int as "withoutCost", sum(u.credits)::text as credits, '0' as nano
     from uses u ${names} group by 1, 2, 3
     union all
     select n.dimension, ${MONTH}, n.key, u.currency, u.kind, 0, 0, '0', round(sum(u.nano))::text
     from worth u ${names} group by 1, 2, 3, 4, 5
     order by 1, 2, 3, 4, 5`,
    [from, until, CURRENCIES, CURRENCIES.map((currency) => nanoPerMinor(currency))],
  );
  return rows.map(({ credits, nano, ...row }) => ({ ...row, credits: BigInt(credits), nano: BigInt(nano) }));
}

const COST_KEYS: Readonly<Record<MarginDimension, string>> = {
  feature: 'c.feature',
  action: 'c.action',
  customer: 'c.customer_id::text',
  model: 'c.model',
};

/** What providers asked for, also for uses that were undone: the money is gone. */
export async function providerSpend(
  on: Database | Transaction,
  { from, until, by }: MarginScope,
): Promise<readonly (ProviderSpend & { readonly by: MarginDimension })[]> {
  const rows = await query<Omit<ProviderSpend, 'nano'> & { readonly by: MarginDimension; readonly nano: string }>(
    on,
    `select n.dimension as by, to_char(c.occurred_at at time zone 'UTC', 'YYYY-MM') as month, n.key, c.currency,
       coalesce(sum(c.cost_nano), 0)::text as nano, (count(*) filter (where c.cost_nano is null))::int as unpriced
     from provider_costs c ${namesOf(COST_KEYS, by)}
     where c.lane between 0 and 63 and c.occurred_at >= $1 and c.occurred_at < $2
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [from, until],
  );
  return rows.map((row) => ({ ...row, nano: BigInt(row.nano) }));
}
