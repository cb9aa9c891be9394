import { Zip, ZipDeflate } from 'fflate';

import type { BooksManifest } from '../domain/whole-books.ts';
import { type BooksSink, exportBooks } from '../operations/books/export-books.ts';
import type { FileStream, Route } from './route.ts';

type Write = Parameters<FileStream['send']>[0];

/** `GET /v1/exports/all`: what `creditpool export all` writes, as one archive. */
export const booksArchiveRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/exports/all',
    scopes: ['finance'],
    reply: async ({ deps }) => ({
      status: 200,
      body: {},
      stream: {
        type: 'application/zip',
        name: 'creditpool-books.zip',
        send: async (write) => {
          const archive = openArchive(write);
          await archive.complete(await exportBooks(deps, archive.sink));
        },
      },
    }),
  },
];

interface Archive {
  readonly sink: BooksSink;
  readonly complete: (manifest: BooksManifest) => Promise<void>;
}

/**
 * A zip that is sent while its files are made. The manifest comes last and the zip's own index after it: an archive that
 * broke off in the middle cannot be opened. Of a zip's kind it holds at most 4 GB; the command has no such limit.
 */
function openArchive(write: Write): Archive {
  const made: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error !== null) throw error;
    made.push(piece);
  });
  const files = new Map<string, ZipDeflate>();
  const fileOf = (name: string): ZipDeflate => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const file = new ZipDeflate(name);
    files.set(name, file);
    zip.add(file);
    return file;
  };
  const send = async (): Promise<void> => {
    for (const piece of made.splice(0)) await write(piece);
  };
  const append = async (name: string, text: string, isLast: boolean): Promise<void> => {
    fileOf(name).push(Buffer.from(text), isLast);
    await send();
  };
  return {
    sink: {
      // Line by line hashes would wait in memory for the end of the lines; the manifest has one for each file.
      write: async (table, lines) => append(`${table}.jsonl`, lines.map((line) => `${line}\n`).join(''), false),
      finish: async (table) => append(`${table}.jsonl`, '', true),
    },
    complete: async (manifest) => {
      await append('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`, true);
      zip.end();
      await send();
    },
  };
}
