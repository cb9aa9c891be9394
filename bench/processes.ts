// The server and the client as processes of their own, spoken to by messages.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { ComparePeaks } from './compare.ts';
import type { LoadOrder, LoadResult } from './requests.ts';

export interface ServerProcess {
  readonly origin: string;
  readonly peakRssMb: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export interface LoadProcess {
  readonly run: (order: LoadOrder) => Promise<LoadResult>;
  readonly stop: () => void;
}

/** What `npm start` tells Node about its heap: the benchmark measures the server as it is started. */
function startFlags(): readonly string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: { readonly start: string } };
  return scripts.start.match(/--\S+/g) ?? [];
}

/** Starts the HTTP server; `profileTo` writes a CPU profile of it into that folder when it stops. */
export async function startServer(
  databaseUrl: string,
  pepper: string,
  profileTo: string | null,
): Promise<ServerProcess> {
  // What this process has compiled the server need not compile again, as it would not at a second start.
  flushCompileCache();
  const child = start(
    'server.ts',
    [databaseUrl, pepper],
    [...startFlags(), ...(profileTo === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`])],
  );
  const { port } = await answer<{ port: number }>(child);
  return {
    origin: `http://127.0.0.1:${port}`,
    peakRssMb: async () => {
      child.send('memory');
      const { peakRssKb } = await answer<{ peakRssKb: number }>(child);
      return peakRssKb / 1024;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}

/** Compares all books once, in a process with the flags of `npm start`. */
export async function compareOnce(databaseUrl: string): Promise<ComparePeaks> {
  flushCompileCache();
  const child = start('compare.ts', [databaseUrl], startFlags());
  const ended = once(child, 'exit');
  const peaks = await answer<ComparePeaks>(child);
  await ended;
  return peaks;
}

export interface SimulatorProcess {
  readonly port: number;
  readonly secretKey: string;
  readonly accountId: string;
  readonly advanceTo: (instant: Date) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a simulated Stripe whose clock stands at an instant. */
export async function startSimulator(startsAt: Date): Promise<SimulatorProcess> {
  const child = start('simulator.ts', [startsAt.toISOString()], []);
  const at = await answer<Pick<SimulatorProcess, 'port' | 'secretKey' | 'accountId'>>(child);
  return {
    ...at,
    advanceTo: async (instant) => {
      child.send({ advanceTo: instant.toISOString() });
      await answer(child);
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}

export function startLoad(origin: string): LoadProcess {
  const child = start('load.ts', [origin], []);
  return {
    run: async (order) => {
      child.send(order);
      const { result, error } = await answer<{ result?: LoadResult; error?: string }>(child);
      if (result === undefined) throw new Error(error ?? 'the load process said nothing');
      return result;
    },
    stop: () => child.disconnect(),
  };
}

function start(script: string, parameters: readonly string[], execArgv: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return fork(path, parameters, { execArgv: [...execArgv], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
}

async function answer<Message>(child: ChildProcess): Promise<Message> {
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  const ended = (code: number | null): void => reject(new Error(`a process of the benchmark ended with ${code}`));
  child.once('exit', ended);
  child.once('message', (message) => resolve(message as Message));
  try {
    return await promise;
  } finally {
    child.off('exit', ended);
  }
}
