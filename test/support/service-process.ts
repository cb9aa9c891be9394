// The server and the commands as processes of their own, as people start them.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { expect, vi } from 'vitest';

const SERVER = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Compiled once for all processes: a command starts in half the time. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/creditpool', import.meta.url));

export type Settings = Readonly<Record<string, string>>;

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** Only what a test sets: nothing of the machine's own settings reaches the process. */
function environment(settings: Settings): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...settings };
}

export function startServer(settings: Settings): ServerProcess {
  const child = spawn(process.execPath, [SERVER], { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { child, output: () => printed, ended };
}

/** Waits until the banner is complete. */
export async function standing(server: ServerProcess): Promise<void> {
  await vi.waitFor(
    () => {
      if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.output()}`);
      expect(server.output()).toContain('Try:');
    },
    { timeout: 90_000, interval: 100 },
  );
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function runCommand(settings: Settings, ...words: readonly string[]): Promise<CommandResult> {
  return startCommand(settings, ...words).ended;
}

/** Starts one command, to be stopped while it runs. */
export function startCommand(
  settings: Settings,
  ...words: readonly string[]
): { readonly child: ChildProcess; readonly ended: Promise<CommandResult> } {
  const child = spawn(process.execPath, [COMMAND, ...words], {
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, ...printed }));
  });
  return { child, ended };
}

/** A port that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
