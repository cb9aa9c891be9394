import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { SOCKET_FOLDER_PREFIX } from './pid-file.ts';
import { SERVER_ENVIRONMENT } from './run-user.ts';
import type { RunUser } from './run-user.ts';

/** Server settings as PostgreSQL names them, for instance `{ fsync: false }`. */
export type ServerSettings = Readonly<Record<string, string | number | boolean>>;

export type Address = { readonly host: string; readonly port: number };

export type ServerProcess = {
  readonly pid: number;
  readonly address: Address;
};

/** A first start after a crash may have to replay the write-ahead log. */
const START_TIMEOUT_MS = 60_000;
const LINES_KEPT = 20;

export class ServerRefused extends Error {}

/** Starts the server and waits until it accepts connections. Throws `ServerRefused` with its last words if it ends. */
export async function startServer(
  cluster: Cluster,
  binaries: Binaries,
  user: RunUser,
  settings: ServerSettings,
  onLog: (line: string) => void,
): Promise<ServerProcess> {
  const address = await chooseAddress(user);
  const [command, ...words] = [...user.prefix, ...user.diesWithUs, binaries.postgres];
  const child = spawn(command, [...words, '-D', cluster.dataFolder, ...serverArguments(address, settings)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: SERVER_ENVIRONMENT,
    // Its own process group: Ctrl-C in a terminal must reach us alone, while we still need the database.
    detached: process.platform !== 'win32',
  });
  child.once('close', () => removeSocketFolder(address));
  await untilReady(child, onLog);
  // From here on, waiting for the server must not keep a finished command alive.
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  if (child.pid === undefined) throw new ServerRefused('the server has no process id');
  return { pid: child.pid, address };
}

async function untilReady(child: ChildProcessByStdio<null, null, Readable>, onLog: (line: string) => void) {
  const ready = Promise.withResolvers<void>();
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (lines.push(line) > LINES_KEPT) lines.shift();
    onLog(line);
    if (line.includes('database system is ready to accept connections')) ready.resolve();
  });
  const refuse = (): void => ready.reject(new ServerRefused(lastWords(lines)));
  child.once('error', ready.reject);
  child.once('close', refuse);
  const timer = setTimeout(() => {
    child.kill('SIGINT');
    ready.reject(new ServerRefused(`not ready after ${START_TIMEOUT_MS / 1_000} s: ${lastWords(lines)}`));
  }, START_TIMEOUT_MS);
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
  }
}

function lastWords(lines: readonly string[]): string {
  const fatal = lines.filter((line) => /FATAL|PANIC|HINT|could not|error/.test(line));
  return (fatal.length > 0 ? fatal : lines.slice(-3)).join(' | ') || 'it ended without a word';
}

/** A fresh socket folder per start, short enough for a socket path; a socket's own lock file outlives its server. */
async function chooseAddress(user: RunUser): Promise<Address> {
  if (process.platform === 'win32') return { host: '127.0.0.1', port: await freePort() };
  const base = tmpdir().length > 40 ? '/tmp' : tmpdir();
  const host = mkdtempSync(join(base, SOCKET_FOLDER_PREFIX));
  user.own(host);
  return { host, port: 5432 };
}

function removeSocketFolder({ host }: Address): void {
  if (process.platform !== 'win32') rmSync(host, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

function serverArguments({ host, port }: Address, settings: ServerSettings): readonly string[] {
  const listen =
    process.platform === 'win32'
      ? ['-c', `listen_addresses=${host}`]
      : ['-k', host, '-c', 'listen_addresses=', '-c', 'unix_socket_permissions=0700'];
  const all = { shared_buffers: '64MB', timezone: 'UTC', log_timezone: 'UTC', ...settings };
  return ['-p', String(port), ...listen, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
