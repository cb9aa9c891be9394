// Every table as lines of JSON, and back. Rows are written by PostgreSQL itself, with sorted keys: the same row is the same
// text in any database of this schema.
import { LEFT_OUT, loadOrder, SEEDED, WITHHELD } from '../domain/whole-books.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';
import { streamLines } from './row-stream.ts';

export interface StoredTable {
  readonly table: string;
  /** Those that a row is loaded with: no generated ones, no secrets. */
  readonly columns: readonly string[];
  /** Secrets that must have a value. */
  readonly invented: readonly string[];
  readonly key: readonly string[];
  readonly hasLane: boolean;
}

/** The tables of the business, parents first. */
export async function storedTables(on: Database | Transaction): Promise<readonly StoredTable[]> {
  const rows = await query<{
    table: string;
    columns: readonly { readonly name: string; readonly generated: boolean; readonly required: boolean }[];
    key: readonly string[];
  }>(
    on,
    `select c.relname as table,
       (select json_agg(json_build_object('name', a.attname, 'generated', a.attgenerated <> '', 'required', a.attnotnull)
          order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select json_agg(a.attname order by k.position) from pg_index i
        cross join lateral unnest(i.indkey) with ordinality as k (attnum, position)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary) as key
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relname = any($1::text[])`,
    [Object.keys(LEFT_OUT)],
  );
  const references = await query<{ child: string; parent: string }>(
    on,
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
     where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  const tables = new Map(
    rows.map(({ table, columns, key }) => {
      const withheld = WITHHELD[table] ?? [];
      return [
        table,
        {
          table,
          columns: columns
            .filter(({ name, generated }) => !generated && !withheld.includes(name))
            .map(({ name }) => name),
          invented: columns.filter(({ name, required }) => required && withheld.includes(name)).map(({ name }) => name),
          key,
          hasLane: columns.some(({ name }) => name === 'lane'),
        },
      ];
    }),
  );
  return loadOrder([...tables.keys()], references).flatMap((name) => tables.get(name) ?? []);
}

/** A row with a file in it is as large as the file. */
const AT_ONCE: Readonly<Record<string, number>> = { evidence_files: 1 };

/** A table's rows as lines, by their key. */
export async function streamTable(
  snapshot: Transaction,
  { table, columns, key, hasLane }: StoredTable,
  take: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const listed = columns.map((column) => `t.${column}`).join(', ');
  const sql = `select to_jsonb(r)::text as line from (
    select ${listed} from ${table} t ${hasLane ? 'where t.lane between 0 and 63' : ''}
    order by ${key.map((column) => `t.${column}`).join(', ')}) r`;
  const atOnce = AT_ONCE[table];
  await streamLines(snapshot, { sql, ...(atOnce !== undefined && { atOnce }) }, take);
}

/** Loads lines as they were exported. Throws on a row that the schema refuses. */
export async function loadLines(
  trx: Transaction,
  { table, columns, invented }: StoredTable,
  lines: readonly string[],
): Promise<void> {
  const secrets = invented.map(() => `uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())`);
  await execute(
    trx,
    `insert into ${table} (${[...columns, ...invented].join(', ')}) overriding system value
     select ${[...columns.map((column) => `r.${column}`), ...secrets].join(', ')}
     from jsonb_populate_recordset(null::${table}, $1::jsonb) r`,
    [`[${lines.join(',')}]`],
  );
}

/** The first table that has rows, beyond those that migrations make; null when there is none. */
export async function occupiedTable(
  on: Database | Transaction,
  tables: readonly StoredTable[],
): Promise<string | null> {
  for (const { table } of tables) {
    const most = SEEDED.includes(table) ? 1 : 0;
    const [row] = await query<{ occupied: boolean }>(
      on,
      `select count(*) > ${most} as occupied from (select from ${table} limit ${most + 1}) r`,
    );
    if (row?.occupied === true) return table;
  }
  return null;
}

/** While history is put back, in place of what migrations made, no trigger of ours looks at it; foreign keys, checks and unique keys go on to. */
export async function withoutTriggers(
  trx: Transaction,
  tables: readonly StoredTable[],
  work: () => Promise<void>,
): Promise<void> {
  for (const { table } of tables) await execute(trx, `alter table ${table} disable trigger user`);
  for (const table of SEEDED) await execute(trx, `delete from ${table}`);
  await work();
  for (const { table } of tables) await execute(trx, `alter table ${table} enable trigger user`);
}

/** Numbers that count up go on after the highest that was restored; plans are made for what is there now. */
export async function afterLoading(trx: Transaction, tables: readonly StoredTable[]): Promise<void> {
  for (const { table, columns } of tables) {
    for (const column of columns) {
      const [sequence] = await query<{ name: string | null }>(trx, `select pg_get_serial_sequence($1, $2) as name`, [
        table,
        column,
      ]);
      if (sequence === undefined || sequence.name === null) continue;
      await query(
        trx,
        `select setval('${sequence.name}', coalesce(max(${column}), 0) + 1, false)::text as at from ${table}`,
      );
    }
    await execute(trx, `analyze ${table}`);
  }
}

/** The last migration that this database has. */
export async function schemaVersion(on: Database | Transaction): Promise<string> {
  const [row] = await query<{ name: string }>(on, `select name from knex_migrations order by name desc limit 1`);
  if (row === undefined) throw new Error('this database has no schema');
  return row.name;
}

export interface CompanyBalance {
  readonly unit: string;
  readonly account: string;
  readonly balance: string;
}

/** Every account of the company: the sum over all customers. */
export async function companyBalances(on: Database | Transaction): Promise<readonly CompanyBalance[]> {
  return query<CompanyBalance>(
    on,
    `select unit, kind as account, sum(balance)::text as balance from accounts where lane between 0 and 63
     group by unit, kind order by unit, kind`,
  );
}
