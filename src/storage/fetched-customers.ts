// A Stripe customer as it was fetched, under the names that stand for it here.
import { customerKey, type CustomerKey } from '../domain/customer.ts';
import type { CustomerFacts } from '../domain/stripe-customer.ts';
import type { Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

type Fetched = readonly [facts: CustomerFacts, { readonly newId: string; readonly fetchedAt: Date }];

/**
 * Stores what was fetched of a Stripe customer and returns who it is here; a new one gets `newId`.
 * A state fetched earlier than the stored one changes nothing, nor does anything after a deletion.
 */
export const saveCustomer = inStep(async (trx: Transaction, asks: readonly Fetched[]) => {
  const ids = await claimAliases(
    trx,
    asks.map(([facts, { newId }]) => ({ alias: facts.stripeCustomerId, customerId: newId })),
  );
  const keys = ids.map(customerKey);
  // Two Stripe customers may carry the same external id; the first one keeps the name.
  const named = await claimAliases(
    trx,
    asks.flatMap(([{ externalId }], at) =>
      externalId === null ? [] : [{ alias: `ext:${externalId}`, customerId: ids[at] ?? '' }],
    ),
  );
  const owners = named.values();
  const rows = asks.map(([facts, { fetchedAt }], at) => {
    const owner = facts.externalId === null ? undefined : owners.next().value;
    return {
      ...facts,
      fetchedAt,
      key: keys[at] as CustomerKey,
      externalId: owner === ids[at] ? facts.externalId : null,
    };
  });
  const column = <Value>(of: (row: (typeof rows)[number]) => Value): Value[] => rows.map(of);
  await execute(
    trx,
    `insert into customers (lane, customer_id, external_id, stripe_customer_id, name, email, currency, test_clock,
       stripe_balance_minor, created_at, updated_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::bigint[], $10::timestamptz[], $11::timestamptz[])
     on conflict (lane, customer_id) do update set
       external_id = coalesce(customers.external_id, excluded.external_id), name = excluded.name,
       email = excluded.email, currency = coalesce(excluded.currency, customers.currency),
       test_clock = excluded.test_clock, stripe_balance_minor = excluded.stripe_balance_minor,
       updated_at = excluded.updated_at
     where customers.updated_at <= excluded.updated_at and customers.deleted_at is null`,
    [
      column(({ key }) => key.lane),
      column(({ key }) => key.customerId),
      column(({ externalId }) => externalId),
      column(({ stripeCustomerId }) => stripeCustomerId),
      column(({ name }) => name),
      column(({ email }) => email),
      column(({ currency }) => currency),
      column(({ testClock }) => testClock),
      column(({ balanceMinor }) => balanceMinor),
      column(({ createdAt }) => createdAt),
      column(({ fetchedAt }) => fetchedAt),
    ],
  );
  return keys;
});

/** The ids that names stand for: their owners so far, or the proposed ones. Two first claims wait for each other. */
async function claimAliases(
  trx: Transaction,
  claims: readonly { readonly alias: string; readonly customerId: string }[],
): Promise<readonly string[]> {
  if (claims.length === 0) return [];
  // In one order, so that nobody waits for two that wait for him.
  const inOrder = claims.toSorted((a, b) => (a.alias < b.alias ? -1 : 1));
  const claimed = await query<{ alias: string; customerId: string }>(
    trx,
    `insert into customer_aliases (alias, customer_id) select * from unnest($1::text[], $2::uuid[])
     on conflict (alias) do nothing returning alias, customer_id as "customerId"`,
    [inOrder.map(({ alias }) => alias), inOrder.map(({ customerId }) => customerId)],
  );
  const owners = new Map(claimed.map(({ alias, customerId }) => [alias, customerId]));
  const taken = claims.flatMap(({ alias }) => (owners.has(alias) ? [] : [alias]));
  const known =
    taken.length === 0
      ? []
      : await query<{ alias: string; customerId: string }>(
          trx,
          `select alias, customer_id as "customerId" from customer_aliases where alias = any ($1::text[])`,
          [taken],
        );
  for (const { alias, customerId } of known) owners.set(alias, customerId);
  return claims.map(({ alias }) => {
    const owner = owners.get(alias);
    if (owner === undefined) throw new Error(`the name ${alias} was neither free nor taken`);
    return owner;
  });
}
