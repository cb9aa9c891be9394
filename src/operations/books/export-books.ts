// Leaving without us: everything that the business is, in one snapshot, as lines of JSON with the proof of each.
import { createHash, type Hash } from 'node:crypto';

import { EVERY_LANE } from '../../domain/customer.ts';
import {
  type BooksManifest,
  breachName,
  EXPORT_FORMAT,
  EXPORT_VERSION,
  type ExportedTable,
  LEFT_OUT,
  LINE_HASH_DIGITS,
  WITHHELD,
} from '../../domain/whole-books.ts';
import { wallTime } from '../../storage/clock.ts';
import type { Database, Transaction } from '../../storage/database.ts';
import { readDeployment } from '../../storage/deployment.ts';
import { inSnapshot } from '../../storage/row-stream.ts';
import { sealRoots } from '../../storage/seals.ts';
import { findBreachesIn } from '../../storage/verify.ts';
import {
  companyBalances,
  schemaVersion,
  type StoredTable,
  storedTables,
  streamTable,
} from '../../storage/whole-books.ts';

/** Where the lines go; each call is waited for, so that memory stays what one batch needs. */
export interface BooksSink {
  readonly write: (table: string, lines: readonly string[], hashes: readonly string[]) => Promise<void>;
  readonly finish: (table: string) => Promise<void>;
}

/** Writes every table of the business, as of one instant. What is left out is named in the manifest. */
export async function exportBooks(
  { db }: { readonly db: Database },
  sink: BooksSink,
  onTable: (done: ExportedTable, of: { readonly tables: number; readonly done: number }) => void = () => undefined,
): Promise<BooksManifest> {
  return inSnapshot(db, async (snapshot) => {
    const tables = await storedTables(snapshot);
    const exported: ExportedTable[] = [];
    for (const table of tables) {
      const done = await exportTable(snapshot, table, sink);
      exported.push(done);
      onTable(done, { tables: tables.length, done: exported.length });
    }
    const deployment = await readDeployment(snapshot);
    const { breaches } = await findBreachesIn(snapshot, { lanes: EVERY_LANE });
    return {
      format: EXPORT_FORMAT,
      version: EXPORT_VERSION,
      schema: await schemaVersion(snapshot),
      exported_at: (await wallTime(snapshot)).toISOString(),
      deployment,
      tables: exported,
      left_out: LEFT_OUT,
      withheld: WITHHELD,
      balances: await companyBalances(snapshot),
      seal_roots: (await sealRoots(snapshot)).map(({ day, root }) => ({ day, root })),
      breaches: breaches.map(breachName),
    };
  });
}

async function exportTable(snapshot: Transaction, table: StoredTable, sink: BooksSink): Promise<ExportedTable> {
  const name = table.table;
  const digest = new TableDigest();
  // An empty table is an empty file.
  await sink.write(name, [], []);
  await streamTable(snapshot, table, async (lines) => {
    digest.add(lines);
    await sink.write(name, lines, lines.map(lineHash));
  });
  await sink.finish(name);
  return { table: name, ...digest.end() };
}

/** What a file is proved by, computed from its lines as they go by. */
export class TableDigest {
  readonly #hash: Hash = createHash('sha256');
  #rows = 0;
  #bytes = 0;

  add(lines: readonly string[]): void {
    for (const line of lines) {
      this.#hash.update(line).update('\n');
      this.#rows += 1;
      this.#bytes += Buffer.byteLength(line) + 1;
    }
  }

  end(): Omit<ExportedTable, 'table'> {
    return { rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** What one line is known by. */
export function lineHash(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, LINE_HASH_DIGITS);
}
