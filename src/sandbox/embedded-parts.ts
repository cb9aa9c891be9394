// What stands in for a server's surroundings when nothing is set: a real PostgreSQL, and a Stripe that is simulated.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import type { StripeConnection } from '../stripe/gateway.ts';

export interface DatabasePart {
  readonly connectionString: string;
  /** One line for people. */
  readonly shown: string;
  /** Embedded, and another living process runs it. */
  readonly borrowed: boolean;
  readonly stop: () => Promise<void>;
}

/** The configured database, or an embedded one in the directory. */
export async function openDatabasePart(config: Config): Promise<DatabasePart> {
  if (config.databaseUrl !== undefined) {
    const { hostname, pathname } = new URL(config.databaseUrl);
    const shown = `${hostname || 'local socket'}${pathname}`;
    return { connectionString: config.databaseUrl, shown, borrowed: false, stop: async () => undefined };
  }
  const postgres = await startEmbeddedPostgres({ directory: config.directory });
  return {
    connectionString: postgres.connection.connectionString,
    shown: `embedded PostgreSQL ${postgres.version}   ${join(config.directory, 'data')}`,
    borrowed: postgres.borrowed,
    stop: postgres.stop,
  };
}

export interface StripePart {
  readonly connection: StripeConnection;
  readonly simulator: Simulator | null;
  readonly shown: string;
  readonly stop: () => Promise<void>;
}

/** Stripe by the configured key, or the simulator with its journal in the directory. */
export async function openStripePart(config: Config): Promise<StripePart> {
  const { secretKey, origin } = config.stripe;
  if (secretKey !== undefined) {
    const connection = { secretKey, ...origin };
    return { connection, simulator: null, shown: origin?.host ?? 'api.stripe.com', stop: async () => undefined };
  }
  mkdirSync(config.directory, { recursive: true });
  const simulator = await startSimulatorOn(config.simulatorPort, join(config.directory, 'stripe-simulator.jsonl'));
  const { host, port } = simulator;
  return {
    connection: { secretKey: simulator.secretKey, host, port, protocol: 'http' },
    simulator,
    shown: `simulator                  ${simulator.url}`,
    stop: simulator.close,
  };
}

async function startSimulatorOn(port: number, file: string): Promise<Simulator> {
  try {
    return await startSimulator({ port, file });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new Error(`port ${port} is taken; stop what uses it, or move the simulator: SIMULATOR_PORT=${port + 1}`, {
      cause: error,
    });
  }
}
