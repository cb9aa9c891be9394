// An export of everything as a folder: for each table a file of JSON lines and one with a short hash of each line. It is
// there whole, with its manifest, or not at all.
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type BooksManifest, LINE_HASH_DIGITS } from '../domain/whole-books.ts';
import type { BooksSink } from '../operations/books/export-books.ts';
import type { BooksSource } from '../operations/books/import-books.ts';

export const MANIFEST = 'manifest.json';
const HASH_BYTES = LINE_HASH_DIGITS + 1;

/** A folder that nothing is in, or that is not there. */
export async function isFree(folder: string): Promise<boolean> {
  return !existsSync(folder) || (await readdir(folder)).length === 0;
}

export interface BooksFolder {
  readonly sink: BooksSink;
  /** Gives the folder its name; until then nothing of it is there under that name. */
  readonly complete: (manifest: BooksManifest) => Promise<void>;
  readonly discard: () => Promise<void>;
}

/** Files are written beside the folder; what an earlier run that was killed has left there is thrown away. */
export async function newBooksFolder(folder: string): Promise<BooksFolder> {
  const beside = `${folder.replace(/\/+$/, '')}.part`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  const files = new Map<string, readonly [lines: FileHandle, hashes: FileHandle]>();
  const opened = async (table: string): Promise<readonly [FileHandle, FileHandle]> => {
    const known = files.get(table);
    if (known !== undefined) return known;
    const pair = [
      await open(join(beside, `${table}.jsonl`), 'w'),
      await open(join(beside, `${table}.hashes`), 'w'),
    ] as const;
    files.set(table, pair);
    return pair;
  };
  return {
    sink: {
      write: async (table, lines, hashes) => {
        const [lineFile, hashFile] = await opened(table);
        if (lines.length === 0) return;
        await lineFile.appendFile(`${lines.join('\n')}\n`);
        await hashFile.appendFile(`${hashes.join('\n')}\n`);
      },
      finish: async (table) => {
        for (const file of files.get(table) ?? []) {
          await file.sync();
          await file.close();
        }
        files.delete(table);
      },
    },
    complete: async (manifest) => {
      await writeFile(join(beside, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
      await rm(folder, { recursive: true, force: true });
      await rename(beside, folder);
    },
    discard: async () => {
      for (const file of [...files.values()].flat()) await file.close();
      await rm(beside, { recursive: true, force: true });
    },
  };
}

const LINES_AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;

/** Reads an export back, a batch at a time. */
export function booksSource(folder: string): BooksSource {
  return { lines: (table) => batches(join(folder, `${table}.jsonl`), join(folder, `${table}.hashes`)) };
}

async function* batches(linePath: string, hashPath: string) {
  if (!existsSync(linePath)) return;
  const hashes = existsSync(hashPath) ? await open(hashPath) : null;
  try {
    let batch: string[] = [];
    let bytes = 0;
    for await (const line of linesOf(linePath)) {
      batch.push(line);
      bytes += line.length;
      if (batch.length < LINES_AT_ONCE && bytes < BYTES_AT_ONCE) continue;
      yield { lines: batch, hashes: await nextHashes(hashes, batch.length) };
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield { lines: batch, hashes: await nextHashes(hashes, batch.length) };
  } finally {
    await hashes?.close();
  }
}

async function nextHashes(file: FileHandle | null, count: number): Promise<readonly string[]> {
  if (file === null) return [];
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count * HASH_BYTES), 0, count * HASH_BYTES);
  return buffer.subarray(0, bytesRead).toString('latin1').trimEnd().split('\n');
}

/** Lines as they were written: ended by a line feed and by nothing else, also not by what `readline` takes for an end. */
async function* linesOf(path: string) {
  const file = await open(path);
  let rest = '';
  for await (const chunk of file.createReadStream({ encoding: 'utf8', highWaterMark: 1_000_000 })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
