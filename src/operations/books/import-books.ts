// The way back: an export into an empty database, proved to be the same before it counts. All of it or nothing.
import { EVERY_LANE } from '../../domain/customer.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { type BooksManifest, breachName, EXPORT_VERSION, type ExportedTable } from '../../domain/whole-books.ts';
import { transaction, type Database, type Transaction } from '../../storage/database.ts';
import { execute } from '../../storage/query.ts';
import { findBreachesIn } from '../../storage/verify.ts';
import {
  afterLoading,
  companyBalances,
  loadLines,
  occupiedTable,
  schemaVersion,
  type StoredTable,
  storedTables,
  streamTable,
  withoutTriggers,
} from '../../storage/whole-books.ts';
import { lineHash, TableDigest } from './export-books.ts';

/** Where the lines come from, batch by batch; a table whose file is missing has none. */
export interface BooksSource {
  readonly lines: (
    table: string,
  ) => AsyncIterable<{ readonly lines: readonly string[]; readonly hashes: readonly string[] }>;
}

export interface BooksImport {
  readonly rows: number;
  readonly tables: number;
  readonly entries: number;
  readonly roots: number;
  readonly dryRun: boolean;
}

export interface ImportBooksInput {
  readonly manifest: BooksManifest;
  readonly source: BooksSource;
  /** Everything is checked and nothing is written. */
  readonly dryRun: boolean;
  readonly onStep?: (step: string) => void;
}

/**
 * Restores an export. `db` belongs to the schema's owner: history is put back with our triggers switched off. Refused:
 * another schema, a database that is not empty, a file that is not what was exported (the line is named), rows that do
 * not add up afterwards. A refusal leaves the database as it was.
 */
export async function importBooks(
  { db }: { readonly db: Database },
  { manifest, source, dryRun, onStep = () => undefined }: ImportBooksInput,
): Promise<BooksImport | Refused> {
  const tables = await storedTables(db);
  const refusal =
    (await refusedTarget(db, manifest, tables)) ?? (await refusedFiles(manifest, source, { tables, onStep }));
  if (refusal !== null) return refusal;
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const counts = { rows, tables: manifest.tables.length, roots: manifest.seal_roots.length, dryRun };
  if (dryRun) return { ...counts, entries: rowsOf(manifest, 'journal_entries') };
  const undo = new Undo();
  try {
    return await transaction(
      db,
      async (trx) => {
        await execute(trx, `set local statement_timeout = 0`);
        await execute(trx, `set local lock_timeout = '10s'`);
        await load(trx, { manifest, source, tables, onStep });
        const failed = await refusedResult(trx, manifest, tables, onStep);
        if (failed !== null) throw undo.because(failed);
        return { ...counts, entries: rowsOf(manifest, 'journal_entries') };
      },
      { attemptsMax: 1 },
    );
  } catch (error) {
    if (error === undo && undo.refusal !== null) return undo.refusal;
    throw error;
  }
}

/** Thrown to roll back, and answered as the refusal that it carries. */
class Undo extends Error {
  refusal: Refused | null = null;

  because(refusal: Refused): this {
    this.refusal = refusal;
    return this;
  }
}

function rowsOf(manifest: BooksManifest, table: string): number {
  return manifest.tables.find((one) => one.table === table)?.rows ?? 0;
}

async function refusedTarget(
  db: Database,
  { version, schema, tables: exported }: BooksManifest,
  tables: readonly StoredTable[],
): Promise<Refused | null> {
  if (version !== EXPORT_VERSION)
    return refuse('export_other_schema', `this export is of version ${version}; this release reads ${EXPORT_VERSION}`);
  const ours = await schemaVersion(db);
  const names = new Set(tables.map(({ table }) => table));
  const unknown = exported.find(({ table }) => !names.has(table));
  if (ours !== schema || unknown !== undefined) {
    const what = `the export has the schema ${schema}, this database ${ours}`;
    return refuse(
      'export_other_schema',
      `${what}; restore it with the release that made it (creditpool db migrate), then move on to a newer one`,
    );
  }
  const occupied = await occupiedTable(db, tables);
  if (occupied === null) return null;
  return refuse(
    'database_not_empty',
    `${occupied} has rows already; an export is restored into a database that was only migrated. Point DATABASE_URL at one`,
  );
}

async function refusedFiles(
  manifest: BooksManifest,
  source: BooksSource,
  { tables, onStep }: Pick<Loading, 'tables' | 'onStep'>,
): Promise<Refused | null> {
  const listed = new Set(manifest.tables.map(({ table }) => table));
  const missing = tables.find(({ table }) => !listed.has(table));
  if (missing !== undefined) return tampered('manifest.json', `does not list ${missing.table}`);
  for (const table of manifest.tables) {
    const refusal = await refusedFile(table, source);
    if (refusal !== null) return refusal;
  }
  onStep(`${manifest.tables.length} files are what was exported`);
  return null;
}

async function refusedFile({ table, ...expected }: ExportedTable, source: BooksSource): Promise<Refused | null> {
  const digest = new TableDigest();
  let number = 0;
  for await (const { lines, hashes } of source.lines(table)) {
    for (const [at, line] of lines.entries()) {
      number += 1;
      // An archive has none: there the file's own hash says that it was changed, and not in which line.
      if (hashes.length > 0 && hashes[at] !== lineHash(line))
        return tampered(`${table}.jsonl, line ${number}`, 'is not what was exported');
    }
    digest.add(lines);
  }
  const found = digest.end();
  if (found.rows !== expected.rows)
    return tampered(`${table}.jsonl`, `has ${found.rows} lines and the manifest says ${expected.rows}`);
  if (found.sha256 !== expected.sha256) return tampered(`${table}.jsonl`, 'is not what was exported');
  return null;
}

function tampered(where: string, what: string): Refused {
  return refuse('export_tampered', `${where} ${what}; nothing was restored`, { param: where });
}

interface Loading {
  readonly manifest: BooksManifest;
  readonly source: BooksSource;
  readonly tables: readonly StoredTable[];
  readonly onStep: (step: string) => void;
}

async function load(trx: Transaction, { manifest, source, tables, onStep }: Loading): Promise<void> {
  await withoutTriggers(trx, tables, async () => {
    for (const table of tables) {
      let rows = 0;
      for await (const { lines } of source.lines(table.table)) {
        if (lines.length > 0) await loadLines(trx, table, lines);
        rows += lines.length;
      }
      onStep(`${table.table}: ${rows} of ${rowsOf(manifest, table.table)} rows`);
    }
  });
  await afterLoading(trx, tables);
}

/** Every table once more, read back from the database; then the books by their own proofs, and against the roots. */
async function refusedResult(
  trx: Transaction,
  manifest: BooksManifest,
  tables: readonly StoredTable[],
  onStep: (step: string) => void,
): Promise<Refused | null> {
  for (const table of tables) {
    const digest = new TableDigest();
    await streamTable(trx, table, async (lines) => {
      digest.add(lines);
    });
    const expected = manifest.tables.find((one) => one.table === table.table);
    if (expected !== undefined && digest.end().sha256 !== expected.sha256)
      return tampered(table.table, 'reads back otherwise than it was exported');
  }
  const wanted = new Map(manifest.balances.map(({ unit, account, balance }) => [`${unit} ${account}`, balance]));
  const found = await companyBalances(trx);
  const other = found.find(({ unit, account, balance }) => wanted.get(`${unit} ${account}`) !== balance);
  if (other !== undefined || found.length !== wanted.size)
    return tampered(
      'manifest.json',
      `says other balances than the accounts have (${other?.account ?? 'one is missing'})`,
    );
  const { breaches } = await findBreachesIn(trx, { lanes: EVERY_LANE }, manifest.seal_roots);
  const known = new Set(manifest.breaches);
  const [first] = breaches.filter((breach) => !known.has(breachName(breach)));
  if (first === undefined) {
    onStep('balances, ledger and seals are as they were exported');
    return null;
  }
  const sentence = `${first.invariant}: ${first.subject} should be ${first.expected} and is ${first.found}`;
  return refuse('export_unsound', `the restored books do not prove: ${sentence}; nothing was restored`, {
    details: { breaches: breaches.length },
  });
}
