import { type CapCounter, type CapWindow, counterName, type MemberCap } from '../domain/cap-book.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import type { Spender } from '../domain/usage-cap.ts';
import { gather, write } from './column-writes.ts';
import type { Database, Transaction } from './database.ts';
import { parametersOf, type Scope, WANTED } from './pool-scope.ts';
import { query } from './query.ts';

/** Puts into the books the caps and counters of members and agents that are spoken of, by requests or by holds. */
export async function readCaps(
  on: Database | Transaction,
  scope: Scope,
  books: ReadonlyMap<string, PoolBook>,
  {
    capped,
    spenders,
    now,
  }: {
    readonly capped: ReadonlySet<string>;
    readonly spenders: readonly (Spender & { readonly customerId: string })[];
    readonly now: Date;
  },
): Promise<void> {
  const holders = [...books.values()].flatMap((root) =>
    [root, ...root.members.values()].flatMap(({ holds, customer }) =>
      [...holds.values()].map(({ member, agent }) => ({ customerId: customer.customerId, member, agent })),
    ),
  );
  const asked = [...spenders, ...holders].filter(({ customerId }) => capped.has(customerId));
  const names = [...new Set(asked.flatMap(({ member, agent }) => [member ?? [], agent ?? []].flat()))];
  if (names.length === 0) return;
  const caps = await query<{ customerId: string; member: string } & MemberCap>(
    on,
    `select customer_id as "customerId", member, credits, window_kind as "window" from member_caps ${WANTED}
     where lane = any ($3::smallint[]) and member = any ($4::text[])`,
    [...parametersOf(scope), names],
  );
  for (const { customerId, member, credits, window } of caps) {
    books.get(customerId)?.caps.overrides.set(member, { credits, window });
  }
  const counters = await query<Omit<CapCounter, 'delta'> & { customerId: string }>(
    on,
    `select customer_id as "customerId", scope, name, window_kind as "window", window_start as "windowStart", used
     from usage_counters ${WANTED} where lane = any ($3::smallint[]) and name = any ($4::text[])
       and window_start > $5::timestamptz - case window_kind when 'day' then interval '3 days'
         when 'month' then interval '65 days' else interval '400 days' end`,
    [...parametersOf(scope), names, now],
  );
  for (const { customerId, ...counter } of counters) {
    books.get(customerId)?.caps.counters.set(counterName(counter), { ...counter, delta: 0n });
  }
}

/** Adds to the counters what these books' decisions counted. */
export async function saveCounters(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const changed = ({ caps }: PoolBook): readonly CapCounter[] =>
    [...caps.changed].flatMap((name) => caps.counters.get(name) ?? []).filter(({ delta }) => delta !== 0n);
  await write(
    trx,
    gather(books, changed),
    `insert into usage_counters as c (lane, customer_id, scope, name, window_kind, window_start, used)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
     on conflict (lane, customer_id, scope, name, window_kind, window_start) do update set used = c.used + excluded.used`,
    [
      ({ scope }) => scope,
      ({ name }) => name,
      ({ window }): CapWindow => window,
      (counter) => counter.windowStart,
      ({ delta }) => delta,
    ],
  );
}
