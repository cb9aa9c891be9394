// The least that storing events can cost: their rows, from arrays, into an empty copy of the table with its indexes.
import pg from 'pg';

import { INGEST_CONNECTIONS } from './sizes.ts';
import { asOwner, type Stage } from './stage.ts';

export interface StoredRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Text as PostgreSQL writes it, one array per column. */
  readonly values: readonly (readonly (string | null)[])[];
}

/** The usage events recorded since an instant, all columns, whatever columns there are. */
export async function storedRows({ ownerUrl }: Stage, since: Date): Promise<StoredRows> {
  return asOwner(ownerUrl, async (client) => {
    const columns = await client.query<{ name: string; type: string }>(
      `select attname as name, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), null) as type
       from pg_attribute a join pg_type t on t.oid = a.atttypid
       where attrelid = 'usage_events'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
       order by attnum`,
    );
    const list = columns.rows.map(({ name }) => `${name}::text`).join(', ');
    const { rows } = await client.query<(string | null)[]>({
      text: `select ${list} from usage_events where lane between 0 and 63 and recorded_at >= $1 order by random()`,
      values: [since],
      rowMode: 'array',
    });
    return { columns: columns.rows, values: columns.rows.map((_, index) => rows.map((row) => row[index] ?? null)) };
  });
}

/** Rows per second: statements of one batch each, a commit each, as many connections as batches were under way. */
export async function bareInsert({ ownerUrl, sizes }: Stage, { columns, values }: StoredRows): Promise<number> {
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const text = `insert into bare_usage_events (${names}) select * from unnest(${arrays})`;
  const total = values[0]?.length ?? 0;
  const batches = Array.from({ length: Math.ceil(total / sizes.batchEvents) }, (_, batch) =>
    values.map((column) => column.slice(batch * sizes.batchEvents, (batch + 1) * sizes.batchEvents)),
  );
  await asOwner(ownerUrl, async (client) => {
    await client.query('create table bare_usage_events (like usage_events including all)');
  });
  const clients = await Promise.all(
    Array.from({ length: INGEST_CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      await client.query({ name: 'bare', text, values: values.map(() => []) });
      return client;
    }),
  );
  const started = performance.now();
  const queue = batches.values();
  await Promise.all(
    clients.map(async (client) => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        await client.query({ name: 'bare', text, values: [...next.value] });
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(clients.map(async (client) => client.end()));
  await asOwner(ownerUrl, async (client) => client.query('drop table bare_usage_events'));
  return total / seconds;
}
