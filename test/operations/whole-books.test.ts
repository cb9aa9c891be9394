import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { booksSource, newBooksFolder } from '../../src/cli/books-folder.ts';
import { journalFiles } from '../../src/contract/journal-csv.ts';
import { readManifest } from '../../src/contract/whole-books.ts';
import { sampleAccounts } from '../../src/domain/journal-export.ts';
import type { BooksManifest } from '../../src/domain/whole-books.ts';
import { exportBooks } from '../../src/operations/books/export-books.ts';
import { importBooks } from '../../src/operations/books/import-books.ts';
import { readMonthFigures } from '../../src/operations/close/roll-forward.ts';
import { exportJournal, repeatExport } from '../../src/operations/export-journal.ts';
import { NO_TRACE } from '../../src/operations/operators/acting.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { listSealRoots, sealLedger } from '../../src/operations/seal-ledger.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { execute, query } from '../../src/storage/query.ts';
import { inSnapshot } from '../../src/storage/row-stream.ts';
import { takeFingerprints } from '../../src/storage/verification/fingerprints.ts';
import { cloneDatabase } from '../support/database.ts';
import { idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const { deps } = story.billing;
const empty = await cloneDatabase();
const owner = openDatabase({ connectionString: empty.ownerConnectionString, poolSize: 1, role: null });
const directory = await mkdtemp(join(tmpdir(), 'creditpool-books-'));
const folder = join(directory, 'books');
afterAll(async () => {
  await owner.destroy();
  await rm(directory, { recursive: true });
});

const FINANCE = { subject: 'system:test', roles: ['finance', 'owner'], trace: NO_TRACE } as const;
let manifest: BooksManifest;
let exportId: string;

/** Two customers through a month and a half: packs, overage, holds, a credit note, a closed month, sealed days. */
async function busyBooks(): Promise<void> {
  const fiona = await story.person('fiona', 'finance');
  const acme = await story.subscriber();
  const globex = await story.subscriber('hybrid');
  await acme.buyPack();
  await story.until('2026-04-20T12:00:00Z');
  await acme.use(12_500);
  await globex.use(14_000, { id: '=cmd|calc' });
  const hold = { customer: `ext:${acme.externalId}`, action: 'report.generate', expires_in: 3_600 };
  await story.call('POST', '/v1/holds', hold, 'hold-1');
  await story.until('2026-05-02T12:00:00Z');
  const invoice = idOf(await globex.cycleInvoice());
  const note = { invoice, amount_minor: 1_000, settle_as: 'customer_balance', reason: 'goodwill', ticket: 'SUP-1' };
  await story.call('POST', '/v1/credit_notes', note, 'note-1');
  await fiona('POST', '/v1/webhook_endpoints', { url: 'https://hooks.example.com/credits', description: 'ops' });
  await story.until('2026-05-12T12:00:00Z');
  await recogniseRevenue(deps);
  await sealLedger(deps);
  const made = await exportJournal(deps, {
    month: '2026-04',
    target: 'generic',
    detail: 'detail',
    accounts: sampleAccounts('generic'),
    actor: 'fiona',
    render: journalFiles,
  });
  if ('rejected' in made) throw new Error(made.rejected.message);
  ({ exportId } = made);
  await execute(
    database,
    `insert into accounting_periods (month, closed_at, closed_by) values ('2026-04-01', '2026-05-12T12:00:01Z', 'fiona')
     on conflict (month) do update set closed_at = excluded.closed_at, closed_by = excluded.closed_by`,
  );
}

async function exported(from: Database, to: string): Promise<BooksManifest> {
  const written = await newBooksFolder(to);
  const made = await exportBooks({ db: from }, written.sink);
  await written.complete(made);
  return made;
}

/** The same over HTTP, unpacked. */
async function downloaded(to: string): Promise<BooksManifest> {
  const response = await fetch(`${story.origin}/v1/exports/all`, {
    headers: { authorization: `Bearer ${story.apiKey}` },
  });
  expect(response.headers.get('content-type')).toBe('application/zip');
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  await mkdir(to);
  for (const [name, content] of Object.entries(files)) await writeFile(join(to, name), content);
  const read = readManifest(await readFile(join(to, 'manifest.json'), 'utf8'));
  if ('mistake' in read) throw new Error(read.mistake);
  return read;
}

async function restore(dryRun: boolean, from = folder, using = manifest) {
  return importBooks({ db: owner }, { manifest: using, source: booksSource(from), dryRun });
}

function refusal(done: Awaited<ReturnType<typeof restore>>): string {
  return 'rejected' in done ? `${done.rejected.code}: ${done.rejected.message}` : 'restored';
}

async function customers(db: Database): Promise<number> {
  const [row] = await query<{ count: number }>(
    db,
    `select count(*)::int as count from customers where lane between 0 and 63`,
  );
  return row?.count ?? -1;
}

/** The files with one of them changed, in a folder of their own. */
async function forged(file: string, change: (text: string) => string): Promise<string> {
  const copy = await mkdtemp(join(directory, 'forged-'));
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(join(copy, name), name === file ? change(text) : text);
  }
  return copy;
}

beforeAll(async () => {
  await busyBooks();
  manifest = await exported(database, folder);
}, 120_000);

test('everything is in the folder, as of one instant, and no secret is', async () => {
  const read = readManifest(await readFile(join(folder, 'manifest.json'), 'utf8'));
  expect(read).toEqual(manifest);
  const rows = new Map(manifest.tables.map((table) => [table.table, table.rows]));
  expect(rows.get('customers')).toBe(2);
  for (const table of ['journal_entries', 'postings', 'lots', 'usage_events', 'invoices', 'credit_notes', 'seals'])
    expect([table, (rows.get(table) ?? 0) > 0]).toEqual([table, true]);
  const tables = await query<{ name: string }>(
    database,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  const accountedFor = [...rows.keys(), ...Object.keys(manifest.left_out)];
  expect(accountedFor.toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(files.map(async (name) => readFile(join(folder, name), 'utf8')));
  expect(texts.filter((text) => /secret_hash|token_hash|"secret"|code_verifier|whsec_/.test(text))).toEqual([]);
});

test('a line that was changed is named, a file that is cut off too, and nothing is restored', async () => {
  const changed = await forged('lots.jsonl', (text) => text.replace(/"granted": \d/, '"granted": 9'));
  expect(await restore(false, changed)).toMatchObject({
    rejected: { code: 'export_tampered', param: 'lots.jsonl, line 1' },
  });
  const cut = await forged('postings.jsonl', (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
  expect(refusal(await restore(false, cut))).toMatch(
    /^export_tampered: postings\.jsonl has \d+ lines and the manifest/,
  );
  expect(await restore(true, join(directory, 'nowhere'))).toMatchObject({ rejected: { code: 'export_tampered' } });
  const older = { ...manifest, schema: '0001_deployment_and_catalogue.sql' };
  expect(await restore(false, folder, older)).toMatchObject({ rejected: { code: 'export_other_schema' } });
  expect(await customers(owner)).toBe(0);
});

test('whoever forges a line, its hash and the manifest alike is found by the books themselves', async () => {
  const lots = await readFile(join(folder, 'lots.jsonl'), 'utf8');
  const drawn = lots.replace(/"drawn": [1-9]\d*/, '"drawn": 1');
  expect(drawn).not.toBe(lots);
  const copy = await forged('lots.jsonl', () => drawn);
  const { lineHash, TableDigest } = await import('../../src/operations/books/export-books.ts');
  const digest = new TableDigest();
  const lines = drawn.trimEnd().split('\n');
  digest.add(lines);
  await writeFile(join(copy, 'lots.hashes'), lines.map((line) => `${lineHash(line)}\n`).join(''));
  const tables = manifest.tables.map((one) => (one.table === 'lots' ? { table: 'lots', ...digest.end() } : one));
  expect(refusal(await restore(false, copy, { ...manifest, tables }))).toMatch(
    /^export_unsound: the restored books do not prove: INV-06: pool \S+ available should be \d+ and is \d+/,
  );
  expect(await customers(owner)).toBe(0);
});

test('a rehearsal writes nothing; the restore is the same to the last balance, root and exported byte', async () => {
  const rehearsed = await restore(true);
  expect(rehearsed).toMatchObject({ dryRun: true, tables: manifest.tables.length });
  expect(await customers(owner)).toBe(0);

  // A database that was migrated on another day has another first row of rules.
  await execute(owner, `alter table approval_rules disable trigger user`);
  await execute(owner, `update approval_rules set changed_at = '2020-01-01'`);
  await execute(owner, `alter table approval_rules enable trigger user`);
  // From the archive that anybody with a finance key may fetch; it says the same as the folder.
  const archive = join(directory, 'archive');
  const fetched = await downloaded(archive);
  expect({ ...fetched, exported_at: '' }).toEqual({ ...manifest, exported_at: '' });
  const lots = await readFile(join(archive, 'lots.jsonl'), 'utf8');
  await writeFile(join(archive, 'lots.jsonl'), lots.replace(/"granted": \d/, '"granted": 9'));
  expect(refusal(await restore(false, archive, fetched))).toMatch(/^export_tampered: lots\.jsonl is not what was/);
  await writeFile(join(archive, 'lots.jsonl'), lots);
  const done = await restore(false, archive, fetched);
  expect(done).toMatchObject({ dryRun: false, tables: manifest.tables.length });
  const again = { ...deps, db: empty.database };

  const second = await exported(empty.database, join(directory, 'again'));
  expect({ ...second, exported_at: '' }).toEqual({ ...manifest, exported_at: '' });
  const balances = `select lane, customer_id, pool_id, billing_period_id, kind, unit, balance::text from accounts
    where lane between 0 and 63 order by 1, 2, 3, 4, 5, 6`;
  expect(await query(empty.database, balances)).toEqual(await query(database, balances));
  for (const month of ['2026-04', '2026-05']) {
    expect(await readMonthFigures(again, FINANCE, month)).toEqual(await readMonthFigures(deps, FINANCE, month));
  }
  const roots = await listSealRoots(deps);
  expect(roots.length).toBeGreaterThan(2);
  expect(await listSealRoots(again)).toEqual(roots);
  expect(await verifyLedger(again, { exportedRoots: roots })).toMatchObject({ verified: true });
  // Nor has a busy month anything that the quick look would have to look at twice.
  expect(await inSnapshot(owner, async (snapshot) => takeFingerprints(snapshot))).toMatchObject({
    agrees: true,
  });
  const files = await repeatExport(again, { exportId, render: journalFiles });
  expect(files).toEqual(await repeatExport(deps, { exportId, render: journalFiles }));

  // Counting goes on, triggers are back, and a second restore finds that the database is in use.
  const [next] = await query<{ highest: boolean }>(
    owner,
    `select nextval(pg_get_serial_sequence('outbox', 'outbox_id')) > max(outbox_id) as highest from outbox
     where lane between 0 and 63`,
  );
  expect(next).toEqual({ highest: true });
  await expect(execute(owner, `update postings set amount = amount`)).rejects.toThrow(/append-only/);
  expect(await restore(false)).toMatchObject({ rejected: { code: 'database_not_empty' } });
});
