// Rows in a file, each a line, written before the call returns: a process that is killed loses none. Only a machine that loses its
// power can, and not with `sync`.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';

export interface JournalFile {
  readonly rows: () => readonly unknown[];
  readonly append: (row: unknown) => void;
  readonly rewrite: (rows: readonly unknown[]) => void;
  readonly close: () => void;
}

export interface JournalSettings {
  /** Waits for the disk at each row: some milliseconds, and safe from a power cut. */
  readonly sync?: boolean;
}

/** Opens or makes the file. Throws while another living process has it. */
export function openJournal(path: string, { sync = false }: JournalSettings = {}): JournalFile {
  const unlock = lock(`${path}.lock`);
  let rows = read(path);
  // A line that was cut off in the middle would spoil the next one.
  replace(path, rows);
  let file = openSync(path, 'a', 0o600);
  return {
    rows: () => rows,
    append: (row) => {
      writeSync(file, lineOf(row));
      if (sync) fsyncSync(file);
      rows.push(row);
    },
    rewrite: (next) => {
      closeSync(file);
      rows = [...next];
      replace(path, rows);
      file = openSync(path, 'a', 0o600);
    },
    close: () => {
      closeSync(file);
      unlock();
    },
  };
}

function lineOf(row: unknown): string {
  return `${JSON.stringify(row)}\n`;
}

function read(path: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
}

function replace(path: string, rows: readonly unknown[]): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  writeSync(file, rows.map(lineOf).join(''));
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
}

/** One process at a time; the lock of a dead one is taken over. */
function lock(path: string): () => void {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const holder = Number(readFileSync(path, 'utf8'));
    if (isLiving(holder)) {
      throw new Error(`${path}: process ${holder} has this journal open; give each process a path of its own`, {
        cause: error,
      });
    }
    writeFileSync(path, String(process.pid), { mode: 0o600 });
  }
  return () => rmSync(path, { force: true });
}

function isLiving(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
