import { setTimeout as sleep } from 'node:timers/promises';

import createKnex from 'knex';
import type { Knex } from 'knex';

import { columnTypes } from './column-types.ts';
import { borrowFrom, type HostPool } from './shared-pool.ts';

/** The connection pool. Every session acts as the application role, which may not rewrite the books. */
export type Database = Knex;

/** One open database transaction. */
export type Transaction = Knex.Transaction;

/** The role of every application session; migrations grant it what it may do, and no more. */
export const APPLICATION_ROLE = 'creditpool_app';

/** How a session of ours is. */
export type SessionSettings = {
  /** The role that sessions take on, `null` to stay the user that connected (migrations and maintenance). */
  readonly role?: string | null;
  /** Longest statement; default 5 000. Jobs that read much may ask for more. 0 means no limit. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a lock; default 2 000. 0 means no limit. */
  readonly lockTimeoutMs?: number;
  /** Longest pause inside a transaction; default 10 000. 0 means no limit. */
  readonly idleInTransactionTimeoutMs?: number;
};

export type DatabaseSettings = SessionSettings & {
  readonly connectionString: string;
  /** Connections at most; none is held open while idle. */
  readonly poolSize: number;
  /** Hears what the pool has to say (a lost connection, a slow one); default: standard error, never standard output. */
  readonly onWarning?: (message: string) => void;
};

/** Opens the pool. Nothing connects before the first query; `destroy()` closes it. */
export function openDatabase(settings: DatabaseSettings): Database {
  return createKnex({
    client: 'pg',
    // Always an object: knex alone misreads a connection string whose host is a socket folder.
    connection: {
      connectionString: withSessionSettings(settings),
      application_name: 'creditpool',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      types: columnTypes,
      // Statements that do not wait for each other go out together, in order.
      pipeline: true,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: settings.poolSize, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 10_000,
    log: quietLog(settings.onWarning ?? console.error),
  });
}

/** A quarter of a second without work, and a borrowed connection is the host's again. */
const BORROWED_IDLE_MS = 250;

/**
 * The same on connections that a host's own pool lends: at most `poolSize` at once, each with our session settings only
 * while it is ours. `destroy()` gives them all back and leaves the pool open.
 */
export function openSharedDatabase(
  pool: HostPool,
  settings: SessionSettings & { readonly poolSize: number },
): Database {
  const database = createKnex({
    client: 'pg',
    connection: {},
    pool: {
      min: 0,
      max: settings.poolSize,
      idleTimeoutMillis: BORROWED_IDLE_MS,
      reapIntervalMillis: BORROWED_IDLE_MS,
    },
    acquireConnectionTimeout: 10_000,
    log: quietLog(ignore),
  });
  borrowFrom(pool, database, sessionOf(settings));
  return database;
}

function quietLog(warn: (message: string) => void): Knex.Logger {
  // What knex reports as an error is also thrown; said twice it would only look worse.
  return { warn: (message: unknown) => warn(String(message)), error: ignore, deprecate: ignore, debug: ignore };
}

function ignore(): void {
  // Nothing to say.
}

export type TransactionOptions = {
  /** Tries in all, the first included. */
  readonly attemptsMax?: number;
  /** No new try starts after this. */
  readonly deadlineMs?: number;
  readonly isolationLevel?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
};

const RETRY_DELAY_MS_MAX = 500;

/**
 * Runs `work` in one transaction: commits what it returns, rolls back what it throws. A serialization failure or a
 * deadlock (40001, 40P01) rolled everything back, so `work` is run again, with a growing random pause; anything else
 * is thrown on. `work` must therefore have no effect outside the database.
 */
export async function transaction<Result>(
  database: Database,
  work: (transaction: Transaction) => Promise<Result>,
  { attemptsMax = 5, deadlineMs = 10_000, ...mode }: TransactionOptions = {},
): Promise<Result> {
  if (database.isTransaction === true) throw new Error('a transaction inside a transaction would only be a savepoint');
  const giveUpAt = performance.now() + deadlineMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(work, mode);
    } catch (error) {
      if (!isRetryable(error) || attempt >= attemptsMax) throw error;
      const delayMs = Math.random() * Math.min(RETRY_DELAY_MS_MAX, 10 * 2 ** attempt);
      if (performance.now() + delayMs > giveUpAt) throw error;
      await sleep(delayMs);
    }
  }
}

/** PostgreSQL's code of an error (`23505`, `40001`, …), if it is one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function isRetryable(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40001' || code === '40P01';
}

/** PostgreSQL's names and words for what our sessions need. */
function sessionOf(settings: SessionSettings): Readonly<Record<string, string>> {
  const { role = APPLICATION_ROLE, statementTimeoutMs = 5_000, lockTimeoutMs = 2_000 } = settings;
  return {
    ...(role !== null && { role }),
    statement_timeout: String(statementTimeoutMs),
    lock_timeout: String(lockTimeoutMs),
    idle_in_transaction_session_timeout: String(settings.idleInTransactionTimeoutMs ?? 10_000),
    timezone: 'UTC',
    search_path: 'public',
  };
}

/** Adds our settings to the connection string's own `options`, which would otherwise replace ours. */
function withSessionSettings(settings: DatabaseSettings): string {
  const url = new URL(settings.connectionString);
  const options = Object.entries(sessionOf(settings)).map(([name, value]) => `-c ${name}=${value}`);
  url.searchParams.set('options', [url.searchParams.get('options') ?? '', ...options].join(' ').trim());
  return url.href;
}
