import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Modules that were read once need not be stripped of their types again. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/creditpool', import.meta.url));

export interface ClientProcess {
  readonly child: ChildProcess;
  /** Whole lines printed so far. */
  readonly lines: () => readonly string[];
  /** Resolves with the exit code, null after a signal. */
  readonly ended: Promise<number | null>;
}

/** Starts a script of this folder under the Node that runs the tests. */
export function startProcess(script: string, ...parameters: readonly string[]): ClientProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { child, lines: () => printed.split('\n').slice(0, -1), ended };
}
