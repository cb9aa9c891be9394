import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { query, execute } from '../../src/storage/query.ts';
import { openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { capture, held, use } from '../support/requests.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database);
const owner = new pg.Client({ connectionString: ownerConnectionString });

let customer: Subscriber;
let holdId: string;

beforeAll(async () => {
  await owner.connect();
  customer = await books.subscribe('hybrid');
  const paid = { provider: null, key: null, units: null, costNano: 1n, currency: 'usd' };
  await use(books, customer, 100, { provider: { ...paid, model: 'text-1' } });
  holdId = await held(books, customer, '40');
  await capture(books, holdId, '10', { final: false, key: 'c1' });
  const undone = await use(books, customer, 1);
  if ('rejected' in undone) throw new Error(undone.rejected.message);
  await reverseUsage(books.deps, {
    customer,
    usageEventIds: [undone.usageEventId],
    reason: 'reported twice',
    ticket: 'T-1',
    actor: 'support',
  });
  await owner.query(
    `insert into shadow_draws (lane, customer_id, usage_event_id, seq, pool_id, billing_period_id, action, taken_from,
       amount, drawn_at)
     values ($1, $2, $3, 0, $3, $3, 'api.call', 'overage', 1, now())`,
    [customer.lane, customer.customerId, undone.usageEventId],
  );
});
afterAll(() => owner.end());

/** SQLSTATE and the constraint that spoke. */
async function refusal(work: Promise<unknown>): Promise<{ readonly code?: unknown; readonly constraint?: unknown }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { code: error.code, ...(error.constraint !== undefined && { constraint: error.constraint }) };
  }
  throw new Error('the database let it pass');
}

const HISTORY = [
  'hold_captures',
  'idempotency_keys',
  'journal_entries',
  'postings',
  'provider_costs',
  'shadow_draws',
  'usage_event_keys',
  'usage_events',
  'usage_reversals',
] as const;

describe('INV-03 history is only ever added to', () => {
  test.for(HISTORY)('the application may not update, delete or truncate %s', async (table) => {
    expect(await refusal(execute(database, `update ${table} set lane = lane`))).toEqual({ code: '42501' });
    expect(await refusal(execute(database, `delete from ${table}`))).toEqual({ code: '42501' });
    expect(await refusal(execute(database, `truncate ${table}`))).toEqual({ code: '42501' });
  });

  test.for(HISTORY)('not even the owner may update, delete or truncate %s by a slip', async (table) => {
    const refused = { code: '23000', constraint: `${table}_append_only` };
    expect(await refusal(owner.query(`update ${table} set lane = lane`))).toEqual(refused);
    expect(await refusal(owner.query(`delete from ${table}`))).toEqual(refused);
    expect(await refusal(owner.query(`truncate ${table} cascade`))).toMatchObject({ code: '23000' });
  });

  test('what people did is never rewritten, also not by the owner', async () => {
    for (const statement of ['update audit_log set reason = null', 'delete from audit_log', 'truncate audit_log']) {
      expect(await refusal(execute(database, statement))).toEqual({ code: '42501' });
    }
    await owner.query(`insert into audit_log (audit_id, at, actor, roles, action, object_type, object_id)
      values (gen_random_uuid(), now(), 'system:test', '{}', 'case.opened', 'case', 'x')`);
    for (const statement of ['update audit_log set reason = null', 'delete from audit_log', 'truncate audit_log']) {
      expect(await refusal(owner.query(statement))).toMatchObject({ code: '23000' });
    }
  });

  test('an answer that was given to a key is never taken back', async () => {
    expect(await refusal(execute(database, `delete from idempotency_keys`))).toEqual({ code: '42501' });
    expect(await refusal(owner.query(`delete from idempotency_keys`))).toEqual({
      code: '23000',
      constraint: 'idempotency_keys_append_only',
    });
  });

  test.for([
    'alter table postings disable trigger all',
    'drop trigger postings_append_only on postings',
    'drop table postings cascade',
    'set session_replication_role = replica',
    'create table elsewhere (x int)',
    'create or replace function refuse_rewrite() returns trigger language plpgsql as $$ begin return old; end $$',
  ])('the application may not get around it: %s', async (statement) => {
    expect(await refusal(execute(database, statement))).toEqual({ code: '42501' });
  });

  test('the application cannot give itself a right', async () => {
    // PostgreSQL warns and grants nothing.
    await execute(database, `grant update on postings to creditpool_app`);
    expect(await refusal(execute(database, `update postings set lane = lane`))).toEqual({ code: '42501' });
  });

  test('these are all the tables that the application may not update', async () => {
    const rows = await query<{ name: string }>(
      database,
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r'
         and not has_table_privilege('creditpool_app', oid, 'update') order by 1`,
    );
    const reference = [
      'alerts',
      'approval_rules',
      'audit_log',
      'burn_rates',
      'catalogues',
      'console_sign_in_trips',
      'credit_grant_lots',
      'customer_aliases',
      'evidence_files',
      'foreign_prices',
      'gate_sign_offs',
      'health_pack_files',
      'health_packs',
      'journal_exports',
      'knex_migrations',
      'knex_migrations_lock',
      'mode_changes',
      'model_price_lists',
      'model_prices',
      'model_reviews',
      'provider_bill_lines',
      'provider_bills',
      'shadow_findings',
      'seal_roots',
      'seals',
    ];
    expect(rows.map(({ name }) => name).filter((name) => !reference.includes(name))).toEqual([...HISTORY]);
  });

  test('these are all the tables that the application may delete from', async () => {
    const rows = await query<{ name: string }>(
      database,
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r'
         and has_table_privilege('creditpool_app', oid, 'delete') order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'console_sign_in_trips',
      'export_accounts',
      'invoice_lines',
      'legacy_terms',
      'member_caps',
      'saved_filters',
      'simulated_clock',
    ]);
  });
});

/** A posting of the first burn, with some columns changed. */
async function insertPosting(changes: Readonly<Record<string, string>>): Promise<number> {
  const columns = `lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind, to_pool_id,
    to_billing_period_id, to_kind, amount, lot_id`.split(/,\s*/);
  const selected = columns.map((column) => changes[column] ?? (column === 'seq' ? '99' : column)).join(', ');
  return execute(
    database,
    `insert into postings (${columns.join(', ')}) select ${selected} from postings
     where lane = $1 and customer_id = $2 and to_kind = 'consumed' limit 1`,
    [customer.lane, customer.customerId],
  );
}

describe('INV-01 a posting', () => {
  test.for([
    ['moves something', { amount: '0' }, { code: '23514', constraint: 'postings_amount_positive' }],
    ['moves it forward', { amount: '-1' }, { code: '23514', constraint: 'postings_amount_positive' }],
    [
      'goes from one account to another',
      { to_kind: 'from_kind', to_billing_period_id: 'from_billing_period_id' },
      { code: '23514', constraint: 'postings_two_accounts' },
    ],
    ['has one unit at both ends, that both accounts have', { unit: `'usd'` }, { code: '23503' }],
    ['stays with one customer', { customer_id: 'gen_random_uuid()' }, { code: '23503' }],
    ['belongs to an entry', { entry_id: 'gen_random_uuid()' }, { code: '23503' }],
    ['comes from an account that exists', { from_kind: `'thin_air'` }, { code: '23503' }],
  ] as const)('%s', async ([, changes, refused]) => {
    expect(await refusal(insertPosting(changes))).toMatchObject(refused);
  });
});

function change(sql: string): Promise<number> {
  return execute(database, `${sql} and lane = $1 and customer_id = $2`, [customer.lane, customer.customerId]);
}

describe('INV-05 stock', () => {
  test.for([
    ['a lot is never drawn beyond its grant', `update lots set drawn = granted + 1 where true`, 'lots_not_overdrawn'],
    ['nor held beyond it', `update lots set held = granted where true`, 'lots_not_overdrawn'],
    ['nor ended beyond it', `update lots set ended = granted where true`, 'lots_not_overdrawn'],
    ['a lot gives back no more than it gave', `update lots set drawn = -1, ended = 1 where true`, 'lots_not_negative'],
    ['a lot ends after its start', `update lots set expires_at = effective_at where true`, 'lots_expire_later'],
    ['recognised is at most paid', `update lots set recognised_minor = 1 where true`, 'lots_recognised'],
    [
      'available credits are never negative',
      `update accounts set balance = -1 where kind = 'available'`,
      'accounts_stock_not_negative',
    ],
    [
      'held credits are never negative',
      `update accounts set balance = -1 where kind = 'held'`,
      'accounts_stock_not_negative',
    ],
    [
      'a pin keeps no more than it pinned',
      `update hold_draws set held = amount + 1 where true`,
      'hold_draws_held_range',
    ],
    [
      'a hold reserves no more than it asked for',
      `update holds set overage_reserved = amount + 1 where true`,
      'holds_not_negative',
    ],
  ] as const)('%s', async ([, sql, constraint]) => {
    expect(await refusal(change(sql))).toEqual({ code: '23514', constraint });
  });
});

/** The first entry of a kind once more, under a new id. */
function repeatEntry(kind: string, effectiveAt = 'effective_at'): Promise<number> {
  return execute(
    database,
    `insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id)
     select lane, customer_id, gen_random_uuid(), kind, ${effectiveAt}, recorded_at, actor, source_type, source_id
     from journal_entries where lane = $1 and customer_id = $2 and kind = $3 limit 1`,
    [customer.lane, customer.customerId, kind],
  );
}

describe('INV-16 one effect', () => {
  test.for(['grant', 'hold.placed', 'hold.captured'])('a source has one entry %s', async (kind) => {
    expect(await refusal(repeatEntry(kind))).toEqual({ code: '23505', constraint: 'journal_entries_once' });
  });

  test('an event id is stored once for ever', async () => {
    expect(
      await refusal(
        execute(
          database,
          `insert into usage_event_keys select lane, customer_id, source, event_hash, gen_random_uuid()
           from usage_event_keys where lane = $1 and customer_id = $2`,
          [customer.lane, customer.customerId],
        ),
      ),
    ).toEqual({ code: '23505', constraint: 'usage_event_keys_pkey' });
  });

  test('a source opens one lot', async () => {
    expect(
      await refusal(
        execute(
          database,
          `insert into lots (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, created_at,
             granted, grant_currency, source_type, source_id)
           select lane, customer_id, gen_random_uuid(), pool_id, unit, source, category, priority, effective_at, created_at,
             granted, grant_currency, source_type, source_id
           from lots where lane = $1 and customer_id = $2`,
          [customer.lane, customer.customerId],
        ),
      ),
    ).toMatchObject({ code: '23505' });
  });
});

describe('INV-10 a closed month', () => {
  test('takes no entry any more, by anybody, and says so through the product', async () => {
    await owner.query(`insert into accounting_periods values ('2026-04-01', '2026-05-05', 'controller')`);
    try {
      const refused = { code: '23000', constraint: 'journal_entries_open_period' };
      expect(await refusal(repeatEntry('usage.burn'))).toEqual(refused);
      // Now is 10 April, so there is no open month that it could be dated into.
      expect(await use(books, customer, 1)).toMatchObject({ rejected: { code: 'usage_event_failed' } });
      // The boundary is the UTC month.
      expect(await refusal(repeatEntry('usage.burn', `timestamptz '2026-04-30 23:59:59.999999Z'`))).toEqual(refused);
    } finally {
      await owner.query(`delete from accounting_periods`);
    }
  });
});
