import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { findBinaries } from './binaries.ts';
import { openCluster, SUPERUSER } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { isLivingServer, readPidFile, removeRemains } from './pid-file.ts';
import { chooseRunUser } from './run-user.ts';
import { ServerRefused, startServer } from './server-process.ts';
import type { Address, ServerSettings } from './server-process.ts';
import { endSupervision, isSupervised, removeLeftSocketFolder, supervise } from './supervisor.ts';

export type EmbeddedPostgres = {
  readonly connection: { readonly connectionString: string };
  /** Stops the server, unless another living process had started it. */
  readonly stop: () => Promise<void>;
  /** For instance `18.4`. */
  readonly version: string;
  /** A living server was found and is used; no new one was started. */
  readonly adopted: boolean;
  /** Another living process started it and stops it. */
  readonly borrowed: boolean;
};

export type EmbeddedPostgresSettings = {
  /** Where the cluster lives; created the first time. */
  readonly directory: string;
  readonly settings?: ServerSettings;
  readonly onLog?: (line: string) => void;
  /** `false` takes the way for machines that forbid user namespaces. */
  readonly namespacesAllowed?: boolean;
};

const ATTEMPTS_MAX = 10;
const STOP_TIMEOUT_MS = 20_000;

/**
 * A real PostgreSQL as a child of this process, reachable only through a private socket (loopback on Windows) with a
 * random password. It dies with us, also when we are killed; one that outlived its parent is adopted. Every error is
 * one line with its cause and its fix.
 */
export async function startEmbeddedPostgres(request: EmbeddedPostgresSettings): Promise<EmbeddedPostgres> {
  const binaries = findBinaries();
  const user = chooseRunUser(request.namespacesAllowed);
  const cluster = await openCluster(request.directory, binaries, user);
  let refusal: ServerRefused | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const adopted = await adopt(cluster);
    if (adopted !== undefined) return adopted;
    try {
      const server = await startServer(cluster, binaries, user, request.settings ?? {}, request.onLog ?? ignore);
      return running(cluster, server.pid, server.address, false);
    } catch (error) {
      // Somebody else was faster, or the dead server's last children are still going: look again.
      if (!(error instanceof ServerRefused)) throw error;
      if (!/postmaster\.pid|shared memory|already in use/.test(error.message)) throw refused(cluster, error);
      refusal = error;
      await sleep(100 * attempt);
    }
  }
  throw refused(cluster, refusal);
}

function refused(cluster: Cluster, cause: ServerRefused | undefined): Error {
  const why = cause?.message ?? 'no reason given';
  return new Error(
    `the embedded database in ${cluster.directory} did not start (${why}); set CREDITPOOL_DIR to another folder, or DATABASE_URL to your own server`,
    { cause },
  );
}

function ignore(): void {
  // Nobody asked for the server's log.
}

/** Uses the living server of this data folder, if there is one; otherwise removes what a dead one left. */
async function adopt(cluster: Cluster): Promise<EmbeddedPostgres | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const found = readPidFile(cluster.dataFolder);
    if (found === undefined || !isLivingServer(found.pid, cluster.dataFolder)) break;
    const address = { host: process.platform === 'win32' ? '127.0.0.1' : found.socketFolder, port: found.port };
    if (found.ready && (await accepts(address))) return running(cluster, found.pid, address, true);
    await sleep(100 * attempt);
  }
  const left = readPidFile(cluster.dataFolder);
  if (left !== undefined && isLivingServer(left.pid, cluster.dataFolder)) return undefined;
  if (left !== undefined) removeRemains(cluster.dataFolder);
  if (!isSupervised(cluster.directory)) removeLeftSocketFolder(cluster.directory);
  return undefined;
}

async function accepts({ host, port }: Address): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = process.platform === 'win32' ? connect(port, host) : connect(join(host, `.s.PGSQL.${port}`));
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  const accepted = await promise;
  socket.destroy();
  return accepted;
}

function running(cluster: Cluster, pid: number, address: Address, adopted: boolean): EmbeddedPostgres {
  // An orphan becomes ours; a server whose own supervisor lives stays his.
  const ours = !adopted || !isSupervised(cluster.directory);
  const interrupt = (): void => {
    if (isLivingServer(pid, cluster.dataFolder)) process.kill(pid, 'SIGINT');
  };
  if (ours) {
    supervise(cluster.directory, address.host);
    process.once('exit', interrupt);
  }
  return {
    connection: { connectionString: connectionString(cluster, address) },
    version: cluster.version,
    adopted,
    borrowed: !ours,
    stop: async () => {
      if (!ours) return;
      process.removeListener('exit', interrupt);
      interrupt();
      await untilGone(pid, cluster);
      endSupervision(cluster.directory);
    },
  };
}

async function untilGone(pid: number, cluster: Cluster): Promise<void> {
  const giveUpAt = performance.now() + STOP_TIMEOUT_MS;
  while (isLivingServer(pid, cluster.dataFolder)) {
    if (performance.now() > giveUpAt) throw new Error(`the embedded database (process ${pid}) does not stop`);
    await sleep(20);
  }
}

function connectionString(cluster: Cluster, { host, port }: Address): string {
  const where = process.platform === 'win32' ? `${host}:${port}` : 'localhost';
  const folder = process.platform === 'win32' ? '' : `?host=${encodeURIComponent(host)}`;
  return `postgresql://${SUPERUSER}:${cluster.password}@${where}/postgres${folder}`;
}
