import type { ShadowKind } from '../../domain/shadow.ts';
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';

export interface NamedUse {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly uses: number;
  /** Nano-units, of the currency that most of it is in; null where no cost is known. */
  readonly cost: bigint | null;
  readonly currency: string | null;
}

/** Every model, key, feature and member that uses of a span name, with how often and what it cost. */
export async function namedUse(trx: Transaction, from: Date, to: Date): Promise<readonly NamedUse[]> {
  const rows = await query<Omit<NamedUse, 'cost'> & { cost: string | null }>(
    trx,
    `with named as (
       select n.kind, n.name, c.cost_nano, c.currency from provider_costs c
       cross join lateral (values ('model', c.model), ('key', c.provider_key), ('feature', c.feature), ('member', c.member))
         as n (kind, name)
       where c.lane between 0 and 63 and c.occurred_at >= $1 and c.occurred_at < $2
       union all
       select n.kind, n.name, null, null from usage_events u join burn_rates r using (burn_rate_id)
       cross join lateral (values ('model', u.dimensions ->> 'model'), ('feature', r.feature), ('member', u.member))
         as n (kind, name)
       where u.lane between 0 and 63 and u.occurred_at >= $1 and u.occurred_at < $2
         and not exists (select from provider_costs c where c.lane = u.lane and c.lane between 0 and 63
           and c.customer_id = u.customer_id and c.cost_id = u.usage_event_id)),
     sums as (
       select kind, name, currency, count(*) as uses, sum(cost_nano) as cost from named where name is not null
       group by kind, name, currency)
     select kind, name, sum(uses)::int as uses, (array_agg(cost order by uses desc) filter (where currency is not null))[1]::text as cost,
       (array_agg(currency order by uses desc) filter (where currency is not null))[1] as currency
     from sums group by kind, name order by kind, name`,
    [from, to],
  );
  return rows.map((row) => ({ ...row, cost: row.cost === null ? null : BigInt(row.cost) }));
}
