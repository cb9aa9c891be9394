// What a superuser's hand may do to one row of history, triggers off, so that every balance may still fit.
/** Columns of history and how each is changed; values are of the column's own type, and never the same again. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  journal_entries: {
    kind: `kind || 'x'`,
    effective_at: `effective_at - interval '1 microsecond'`,
    actor: `actor || 'x'`,
    reason: `coalesce(reason, '') || 'x'`,
    source_type: `source_type || 'x'`,
    source_id: `source_id || 'x'`,
    billing_period_id: `gen_random_uuid()`,
    belongs_to: `coalesce(belongs_to, '2026-01-01') + 31`,
    plan_version_id: `gen_random_uuid()`,
    burn_rate_id: `gen_random_uuid()`,
    reversal_of: `gen_random_uuid()`,
    stripe: `coalesce(stripe, '{}') || '{"invoice": "in_other"}'`,
    recorded_at: `recorded_at + interval '1 microsecond'`,
  },
  postings: {
    amount: `amount + 1`,
    to_kind: `to_kind || 'x'`,
    from_kind: `from_kind || 'x'`,
    to_pool_id: `gen_random_uuid()`,
    lot_id: `gen_random_uuid()`,
    unit: `unit || 'x'`,
  },
  usage_events: {
    credits: `credits + 1`,
    quantities: `quantities || '{"more": "1"}'`,
    occurred_at: `occurred_at - interval '1 microsecond'`,
    member: `coalesce(member, '') || 'x'`,
    action: `action || 'x'`,
    event_id: `event_id || 'x'`,
    outcome: `case outcome when 'applied' then 'observed' else 'applied' end`,
    recorded_at: `recorded_at - interval '1 day'`,
  },
  seals: { digest: `sha256(digest)`, hash: `sha256(hash)`, records: `records + 1`, day: `day - 40` },
  seal_roots: { root: `sha256(root)`, day: `day - 40` },
};

const REMOVALS = ['journal_entries', 'postings', 'usage_events', 'seals', 'seal_roots'];

export interface Tamper {
  readonly done: string;
  readonly sql: string;
}

/** One hand of the kinds above, drawn by numbers from 0 to 1. */
export function drawTamper(random: () => number): Tamper {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const kind = pick(['change', 'change', 'change', 'remove', 'add', 'move']);
  const row = (table: string): string =>
    `(select ctid from ${table} order by md5(ctid::text || '${random()}') limit 1)`;
  if (kind === 'change') {
    const [table, columns] = pick(Object.entries(CHANGES));
    const [column, value] = pick(Object.entries(columns));
    return {
      done: `${table}.${column} is changed`,
      sql: `update ${table} set ${column} = ${value} where ctid = ${row(table)}`,
    };
  }
  if (kind === 'remove') {
    const table = pick(REMOVALS);
    return { done: `a row of ${table} is removed`, sql: `delete from ${table} where ctid = ${row(table)}` };
  }
  if (kind === 'add')
    return {
      done: 'an entry is slipped into a sealed day',
      sql: `insert into journal_entries select lane, customer_id, gen_random_uuid(), kind, effective_at, recorded_at,
        actor, reason, source_type, source_id || 'x' from journal_entries where ctid = ${row('journal_entries')}`,
    };
  return {
    done: 'an entry is moved to another day',
    sql: `update journal_entries set recorded_at = recorded_at - interval '1 day' where ctid = ${row('journal_entries')}`,
  };
}
