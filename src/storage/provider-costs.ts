import type { PoolBook } from '../domain/pool-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';

/** What uses cost at their providers; nothing at all where none of them says so. */
export async function insertProviderCosts(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.costs),
    `insert into provider_costs (lane, customer_id, cost_id, usage_event_id, hold_id, occurred_at, recorded_at, action,
       feature, member, agent, provider, model, provider_key, units, basis, cost_nano, currency, model_price_id, because)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[],
       $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
       $15::jsonb[], $16::text[], $17::bigint[], $18::text[], $19::uuid[], $20::text[])`,
    [
      ({ costId }) => costId,
      ({ usageEventId }) => usageEventId,
      ({ holdId }) => holdId,
      ({ occurredAt }) => occurredAt,
      () => now,
      ({ action }) => action,
      ({ feature }) => feature,
      ({ member }) => member,
      ({ agent }) => agent,
      ({ provider }) => provider,
      ({ model }) => model,
      ({ key }) => key,
      ({ units }) => JSON.stringify(units),
      ({ basis }) => basis,
      ({ costNano }) => costNano,
      ({ currency }) => currency,
      ({ modelPriceId }) => modelPriceId,
      ({ because }) => because,
    ],
  );
}
