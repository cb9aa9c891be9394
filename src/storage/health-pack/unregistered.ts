import type { NamedUse } from '../../domain/health-pack/unregistered.ts';
import type { ShadowKind } from '../../domain/shadow.ts';
import type { Transaction } from '../database.ts';
import { COUNTED_LINES } from '../provider-bills.ts';
import { query } from '../query.ts';

export interface NamedUseScope {
  readonly from: Date;
  readonly until: Date;
  readonly kinds: readonly ShadowKind[];
}

/** Every model, key, feature and member that uses and bills of a span name, by month, with what is known of the cost. */
export async function namedUse(trx: Transaction, { from, until, kinds }: NamedUseScope): Promise<readonly NamedUse[]> {
  const rows = await query<Omit<NamedUse, 'cost'> & { readonly cost: string }>(
    trx,
    `with named as (
       select n.kind, n.name, 'usage' as via, c.occurred_at as at, c.customer_id, c.cost_nano as nano, c.currency, 1 as uses
       from provider_costs c
       cross join lateral (values ('model', c.model), ('key', c.provider_key), ('feature', c.feature), ('member', c.member))
         as n (kind, name)
       where c.lane between 0 and 63 and c.occurred_at >= $1 and c.occurred_at < $2 and n.kind = any ($3::text[])
       union all
       select n.kind, n.name, 'usage', e.occurred_at, e.customer_id, null, null, 1
       from usage_events e
       join burn_rates b on b.burn_rate_id = e.burn_rate_id
       left join provider_costs c on c.lane = e.lane and c.lane between 0 and 63 and c.customer_id = e.customer_id
         and c.cost_id = e.usage_event_id
       cross join lateral (values ('model', e.dimensions ->> 'model'), ('feature', b.feature), ('member', e.member)) as n (kind, name)
       where e.lane between 0 and 63 and e.occurred_at >= $1 and e.occurred_at < $2 and c.cost_id is null
         and n.kind = any ($3::text[])
       union all
       select n.kind, n.name, 'provider_bill', l.day::timestamp at time zone 'UTC', null, l.amount_nano, l.currency, 0
       from (${COUNTED_LINES}) l
       cross join lateral (values ('model', l.model), ('key', l.provider_key)) as n (kind, name)
       where l.day >= ($1::timestamptz at time zone 'UTC')::date and l.day < ($2::timestamptz at time zone 'UTC')::date
         and n.kind = any ($3::text[])
     ), by_customer as (
       select kind, name, to_char(at at time zone 'UTC', 'YYYY-MM') as month, via, currency, customer_id, sum(uses) as uses,
         sum(nano) as nano, min(at) as first_at
       from named where name is not null group by 1, 2, 3, 4, 5, 6
     )
     select kind, name, month, via, currency, sum(uses)::int as uses, coalesce(sum(nano), 0)::text as cost,
       min(first_at) as "firstAt", (array_agg(customer_id order by first_at, customer_id))[1] as "customerId"
     from by_customer group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`,
    [from, until, kinds],
  );
  return rows.map((row) => ({ ...row, cost: BigInt(row.cost) }));
}
