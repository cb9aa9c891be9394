import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { isLivingProcess, SOCKET_FOLDER_PREFIX } from './pid-file.ts';

/** Who started the server of a directory, and in which socket folder: kept so that the next start can tell and tidy. */
type Supervisor = { readonly pid: number; readonly socketFolder: string };

/** Directories whose server this very process started: a second start in one process must not end the first. */
const startedHere = new Set<string>();

/** Takes responsibility for the server of a directory. */
export function supervise(directory: string, socketFolder: string): void {
  startedHere.add(directory);
  const supervisor: Supervisor = { pid: process.pid, socketFolder };
  writeFileSync(fileOf(directory), JSON.stringify(supervisor));
}

/** Gives the responsibility up, after the server has ended. */
export function endSupervision(directory: string): void {
  startedHere.delete(directory);
  removeLeftSocketFolder(directory);
}

/** Is a living process, this one included, responsible for the server of this directory? */
export function isSupervised(directory: string): boolean {
  const pid = readSupervisor(directory)?.pid ?? 0;
  return pid === process.pid ? startedHere.has(directory) : pid > 0 && isLivingProcess(pid);
}

/** Removes the socket folder of an earlier server: after a kill nobody else does. */
export function removeLeftSocketFolder(directory: string): void {
  const socketFolder = readSupervisor(directory)?.socketFolder ?? '';
  if (basename(socketFolder).startsWith(SOCKET_FOLDER_PREFIX)) rmSync(socketFolder, { recursive: true, force: true });
  rmSync(fileOf(directory), { force: true });
}

function fileOf(directory: string): string {
  return join(directory, 'supervisor.json');
}

function readSupervisor(directory: string): Supervisor | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(directory), 'utf8')) as Supervisor;
  } catch (error) {
    // Absent, or cut short by a kill: nobody is known to be responsible.
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
