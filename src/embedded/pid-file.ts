import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import { SERVER_ENVIRONMENT } from './run-user.ts';

/** What PostgreSQL writes into `postmaster.pid`; the parts we read. */
export type PidFile = {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
  readonly ready: boolean;
};

export const SOCKET_FOLDER_PREFIX = 'creditpool-';

/** Reads the pid file of a data folder, if there is a complete one. */
export function readPidFile(dataFolder: string): PidFile | undefined {
  const lines = readTextIfAny(join(dataFolder, 'postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), socketFolder: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' };
}

/**
 * Is the process behind a pid file a living server of this data folder? A zombie answers to signals and PostgreSQL
 * takes it for alive; a reused pid belongs to somebody else.
 */
export function isLivingServer(pid: number, dataFolder: string): boolean {
  if (process.platform === 'linux') {
    const state = readTextIfAny(`/proc/${pid}/stat`)?.replace(/^.*\) /s, '')[0];
    if (state === undefined || state === 'Z' || state === 'X') return false;
    return (readTextIfAny(`/proc/${pid}/cmdline`) ?? '').split('\0').includes(dataFolder);
  }
  if (process.platform === 'win32') return isLivingProcess(pid);
  const listed = spawnSync('ps', ['-o', 'state=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    env: SERVER_ENVIRONMENT,
  }).stdout;
  return !listed.trimStart().startsWith('Z') && listed.includes(dataFolder);
}

/** Is there a process of this id that we could signal? */
export function isLivingProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process: alive, but not ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes what a dead server left: its pid file, and its socket folder if it is one of ours. */
export function removeRemains(dataFolder: string): void {
  const socketFolder = readPidFile(dataFolder)?.socketFolder ?? '';
  rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
  if (basename(socketFolder).startsWith(SOCKET_FOLDER_PREFIX)) rmSync(socketFolder, { recursive: true, force: true });
}

function readTextIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return undefined;
    throw error;
  }
}
