// One transaction a request: select for update, update, insert, commit. What a team writes before it knows better.
import { randomUUID } from 'node:crypto';

import type { RequestHandler } from 'express';
import pg from 'pg';

export const NAIVE_TABLES = `
  create table naive_pools (customer text primary key, available bigint not null check (available >= 0), held bigint not null);
  create table naive_holds (hold_id uuid primary key, customer text not null references naive_pools,
    idempotency_key text not null unique, amount bigint not null, placed_at timestamptz not null default now());
  insert into naive_pools values ('hot', 4000000000000000000, 0);
  grant select, insert, update on naive_pools, naive_holds to creditpool_app;`;

const CONNECTIONS = 16;

export function naiveHolds(connectionString: string): {
  readonly route: RequestHandler;
  readonly close: () => Promise<void>;
} {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  const hold = async (customer: string, key: string, amount: bigint): Promise<string> => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const { rows } = await client.query<{ available: string }>({
        name: 'lock',
        text: 'select available from naive_pools where customer = $1 for update',
        values: [customer],
      });
      if (BigInt(rows[0]?.available ?? 0) < amount) throw new Error('not enough');
      await client.query({
        name: 'move',
        text: 'update naive_pools set available = available - $2, held = held + $2 where customer = $1',
        values: [customer, amount],
      });
      const holdId = randomUUID();
      await client.query({
        name: 'keep',
        text: 'insert into naive_holds (hold_id, customer, idempotency_key, amount) values ($1, $2, $3, $4)',
        values: [holdId, customer, key, amount],
      });
      await client.query('commit');
      return holdId;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };
  return {
    route: async (request, response) => {
      const id = await hold('hot', request.get('idempotency-key') ?? '', 10_000n);
      response.json({ id, object: 'hold', state: 'open' });
    },
    close: async () => pool.end(),
  };
}
