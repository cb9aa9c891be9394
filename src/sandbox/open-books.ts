// What a command works on: the same database and Stripe as the server's, also while it runs.
import { assembleDeps } from '../billing.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { Deps } from '../operations/deps.ts';
import { ratesOf, sharedLine } from '../operations/shared-line.ts';
import { stampDeployment } from '../operations/stamp-deployment.ts';
import { openDatabase } from '../storage/database.ts';
import { readDeployment } from '../storage/deployment.ts';
import { migrate, pendingMigrations } from '../storage/migrate.ts';
import { connectStripe } from '../stripe/gateway.ts';
import { openDatabasePart, openStripePart, type StripePart } from './embedded-parts.ts';
import { readLocalSecrets } from './local-secrets.ts';

export type OpenBooks = Deps & { readonly close: () => Promise<void> };

export interface OpenSettings {
  readonly config: Config;
  readonly log: Logger;
  /** false: the command asks Stripe nothing. */
  readonly withStripe: boolean;
  /** The command only reads Stripe, so many times a second; anything but a GET is refused. */
  readonly readsPerSecond?: number;
}

/** Opens database and Stripe for one command. An embedded database is adopted where the server runs, else started. */
export async function openBooks({ config, log, withStripe, readsPerSecond }: OpenSettings): Promise<OpenBooks> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).toReversed()) await step();
  };
  try {
    const database = await openDatabasePart(config);
    closers.push(database.stop);
    await bringUpToDate(config, database.connectionString);
    const db = openDatabase({ connectionString: database.connectionString, poolSize: 4, statementTimeoutMs: 60_000 });
    closers.push(async () => db.destroy());
    const stripe = withStripe ? await openStripe(config) : NOBODY;
    closers.push(stripe.stop);
    const line = sharedLine(db, ratesOf(config.stripe));
    const reading = readsPerSecond === undefined ? {} : { readsPerSecond };
    const deps = assembleDeps({
      ...config,
      db,
      stripe: connectStripe({ ...stripe.connection, line, ...reading }),
      log,
    });
    await refuseOtherDeployment(deps, config, withStripe);
    return { ...deps, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The database alone, as the owner of its schema: for what the application may not do. */
export async function openAsOwner(config: Config): Promise<Pick<OpenBooks, 'db' | 'close'>> {
  const database = await openDatabasePart(config);
  try {
    await bringUpToDate(config, database.connectionString);
    const unlimited = { statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 };
    const { connectionString } = database;
    const db = openDatabase({ connectionString, poolSize: 1, role: null, ...unlimited });
    return {
      db,
      close: async () => {
        await db.destroy();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

const NOBODY: Pick<StripePart, 'connection' | 'stop'> = {
  connection: { secretKey: 'sk_test_not_asked', host: '127.0.0.1', port: 9, protocol: 'http' },
  stop: async () => undefined,
};

async function bringUpToDate(config: Config, connectionString: string): Promise<void> {
  if (config.databaseUrl === undefined) {
    await migrate({ connectionString });
    return;
  }
  const pending = await pendingMigrations({ connectionString });
  if (pending.length > 0) throw new Error(`the database lacks ${pending.join(', ')}; run: creditpool db migrate`);
}

/** The running sandbox's simulator where there is one: two of them on one journal would spoil it. */
async function openStripe(config: Config): Promise<Pick<StripePart, 'connection' | 'stop'>> {
  if (config.stripe.secretKey !== undefined) return openStripePart(config);
  const known = readLocalSecrets(config.directory).values['STRIPE_SIMULATOR_URL'];
  if (known !== undefined && (await answers(`${known}/_simulator/clock`))) {
    const { hostname: host, port } = new URL(known);
    const connection = { secretKey: 'sk_test_simulator', host, port: Number(port), protocol: 'http' } as const;
    return { connection, stop: async () => undefined };
  }
  return openStripePart(config);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

async function refuseOtherDeployment(deps: Deps, config: Config, withStripe: boolean): Promise<void> {
  const { mode } = config.stripe;
  const ours = { livemode: mode === 'live', sandbox: mode === 'sandbox' };
  if (withStripe) {
    const stamped = await stampDeployment(deps, ours);
    if ('rejected' in stamped) throw new Error(stamped.rejected.message);
    return;
  }
  const stamped = await readDeployment(deps.db);
  if (stamped === null || (stamped.livemode === ours.livemode && stamped.sandbox === ours.sandbox)) return;
  throw new Error(
    'this database belongs to another mode; set STRIPE_SECRET_KEY or DATABASE_URL as its server has them',
  );
}
