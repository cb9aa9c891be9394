// What only others can do, at the simulator's own controls: a bank takes a payment back, decides, or returns a refund.
import { query } from '../../src/storage/query.ts';
import type { Story, Subscriber } from './story.ts';

/** Does it and lets the news arrive; answers the id of the dispute or refund. */
export async function atTheBank(story: Story, path: string, body: object = {}): Promise<string> {
  const id = await tellTheBank(story.simulator.url, path, body);
  await story.clock.settle();
  return id;
}

/** The same, without waiting for the news. */
export async function tellTheBank(simulator: string, path: string, body: object = {}): Promise<string> {
  const response = await fetch(`${simulator}/_simulator${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { id } = (await response.json()) as { id?: string };
  if (id === undefined) throw new Error(`${path}: the simulator answered ${response.status}`);
  return id;
}

/** The accounts of a customer's money book that are not zero, in minor units; what is owned is positive. */
export async function moneyOf(
  { billing: { deps } }: Story,
  { stripeCustomer }: Subscriber,
): Promise<Readonly<Record<string, bigint>>> {
  const rows = await query<{ kind: string; balance: bigint }>(
    deps.db,
    `select a.kind, a.balance from accounts a join customer_aliases n using (customer_id)
     where n.alias = $1 and a.lane between 0 and 63 and a.balance <> 0
       and a.pool_id = '00000000-0000-0000-0000-000000000000' order by a.kind`,
    [stripeCustomer],
  );
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]));
}

/** What was earned in each month, minor units. */
export async function earnedByMonth({ billing }: Story, { stripeCustomer }: Subscriber): Promise<readonly string[]> {
  const rows = await query<{ earned: string }>(
    billing.deps.db,
    `select to_char(e.effective_at at time zone 'UTC', 'YYYY-MM') || ' ' || s.kind || ' ' || sum(s.amount) as earned
     from journal_entries e join postings p using (lane, customer_id, entry_id)
     cross join lateral (values (p.from_kind, p.amount), (p.to_kind, -p.amount)) s (kind, amount)
     join customer_aliases n using (customer_id)
     where n.alias = $1 and e.lane between 0 and 63 and s.kind like 'revenue.%' and s.kind <> 'revenue.subscription'
     group by to_char(e.effective_at at time zone 'UTC', 'YYYY-MM'), s.kind`,
    [stripeCustomer],
  );
  return rows.map(({ earned }) => earned).toSorted();
}
