import { readFile, stat } from 'node:fs/promises';

import { refuse, type Refused } from '../domain/rejection.ts';

/** What is in a file that somebody named; null when it has more bytes than `most`, which are then not read. */
export async function readNamedFile(path: string): Promise<Buffer | Refused>;
export async function readNamedFile(path: string, most: number): Promise<Buffer | null | Refused>;
export async function readNamedFile(path: string, most = Infinity): Promise<Buffer | null | Refused> {
  try {
    return (await stat(path)).size > most ? null : await readFile(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const message = `${path} cannot be read (${String(error.code)}); name a file that is there and may be read.`;
    return refuse('invalid_request', message, { param: 'file' });
  }
}
