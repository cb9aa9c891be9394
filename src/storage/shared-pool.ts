// Sessions that are lent by the pool of a host: ours while we work, as they were when they go back.
import type { Knex } from 'knex';

/** What we use of a `pg.Pool`, of whichever release the host has. */
export interface HostPool {
  readonly connect: () => Promise<HostConnection>;
  readonly options?: { readonly max?: number | undefined };
}

export interface HostConnection {
  /** `pg` queries are promises; several statements in one text answer with an array. */
  readonly query: (text: string, values?: unknown[]) => Promise<unknown>;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly removeListener: (event: 'error', listener: (error: Error) => void) => unknown;
  /** True: the session is thrown away. */
  readonly release: (destroy?: boolean) => void;
}

type Settings = Readonly<Record<string, string>>;

interface Borrowed extends HostConnection {
  /** Statements of one moment leave in one packet where the driver can. */
  pipeline?: boolean;
  __knex__disposed?: unknown;
}

interface Loan {
  readonly before: Settings;
  readonly pipeline: boolean | undefined;
  readonly onError: (error: Error) => void;
}

/** Makes knex borrow its connections and give them back, instead of opening and ending its own. */
export function borrowFrom(pool: HostPool, database: Knex, ours: Settings): void {
  const loans = new WeakMap<Borrowed, Loan>();
  const client = database.client as {
    acquireRawConnection: () => Promise<Borrowed>;
    destroyRawConnection: (connection: Borrowed) => Promise<void>;
  };
  client.acquireRawConnection = async () => {
    const connection: Borrowed = await pool.connect();
    delete connection.__knex__disposed;
    const onError = (error: Error): void => {
      connection.__knex__disposed = error;
    };
    connection.on('error', onError);
    try {
      const before = await takeOver(connection, ours);
      loans.set(connection, { before, pipeline: connection.pipeline, onError });
      if ('pipeline' in connection) connection.pipeline = true;
      return connection;
    } catch (error) {
      connection.removeListener('error', onError);
      connection.release(true);
      throw error;
    }
  };
  client.destroyRawConnection = async (connection) => {
    const loan = loans.get(connection);
    loans.delete(connection);
    let isWhole = loan !== undefined && connection.__knex__disposed === undefined;
    if (loan !== undefined) {
      if (loan.pipeline !== undefined) connection.pipeline = loan.pipeline;
      isWhole &&= await givesBack(connection, loan.before);
      connection.removeListener('error', loan.onError);
    }
    delete connection.__knex__disposed;
    connection.release(!isWhole);
  };
}

/** Sets a session up as ours; how it was before. */
async function takeOver(connection: Borrowed, ours: Settings): Promise<Settings> {
  const names = Object.keys(ours);
  const { rows } = (await connection.query(
    `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}`,
  )) as {
    readonly rows: readonly [Settings];
  };
  await set(connection, ours);
  return rows[0];
}

/** False where a session cannot be made as it was: then nobody is to have it again. */
async function givesBack(connection: Borrowed, before: Settings): Promise<boolean> {
  try {
    await set(connection, before);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

async function set(connection: Borrowed, settings: Settings): Promise<void> {
  const given = Object.entries(settings);
  const sets = given.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, false)`);
  await connection.query(`select ${sets.join(', ')}`, given.flat());
}
