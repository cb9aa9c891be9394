import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Command, Option } from 'commander';

import { readManifest } from '../contract/whole-books.ts';
import type { ExportedTable } from '../domain/whole-books.ts';
import { exportBooks } from '../operations/books/export-books.ts';
import { importBooks } from '../operations/books/import-books.ts';
import { openAsOwner } from '../sandbox/open-books.ts';
import { booksSource, isFree, MANIFEST, newBooksFolder } from './books-folder.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface ExportOptions {
  readonly out: string;
  readonly json?: boolean;
}

/** `creditpool export all`. */
export function registerExportAll(group: Command, context: CliContext): void {
  group
    .command('all')
    .description('everything, to leave with: each table as JSON lines, as of one instant, with counts and hashes')
    .addOption(new Option('--format <format>', 'of the files').choices(['jsonl']).default('jsonl'))
    .option('-o, --out <folder>', 'must not be there, or be empty', 'creditpool-books')
    .option('--json', 'the manifest as one JSON document on stdout')
    .addHelpText('before', examples('export all --format jsonl -o books/', 'export all -o books/ --json'))
    .action(async ({ out, json: asJson = false }: ExportOptions) => {
      if (!(await isFree(out))) {
        context.say(`${out} is there already and not empty; name another folder`);
        process.exitCode = EXIT.conflict;
        return;
      }
      await withBooks(context, { stripe: false }, async ({ db }) => {
        const folder = await newBooksFolder(out);
        try {
          const manifest = await exportBooks({ db }, folder.sink, (done, { tables, done: number }) => {
            context.say(`${number} of ${tables}  ${shown(done)}`);
          });
          await folder.complete(manifest);
          if (asJson) context.out(json(manifest));
          else context.out(join(out, MANIFEST));
          context.say(`${sum(manifest.tables)} rows of ${manifest.tables.length} tables, as of one instant.`);
          context.say(`Left out, being this installation's own: ${Object.keys(manifest.left_out).join(', ')}.`);
          const withheld = Object.entries(manifest.withheld).map(([table, columns]) => `${table}.${columns.join('/')}`);
          context.say(`Withheld, being secrets: ${withheld.join(', ')}.`);
          return EXIT.done;
        } catch (error) {
          await folder.discard();
          throw error;
        }
      });
    });
}

/** `creditpool import all`. */
export function registerImportAll(group: Command, context: CliContext): void {
  group
    .command('all')
    .description('restore an export of everything into an empty, migrated database, and prove that it is the same')
    .argument('<folder>', 'as export all has written it')
    .option('--dry-run', 'check files, schema and database, and write nothing')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('import all books/ --dry-run', 'import all books/'))
    .action(async (folder: string, { dryRun = false, json: asJson = false }: { dryRun?: boolean; json?: boolean }) => {
      const path = join(folder, MANIFEST);
      const manifest = existsSync(path)
        ? readManifest(await readFile(path, 'utf8'))
        : { mistake: `${path} is not there: the folder is no export, or one that was not finished` };
      if ('mistake' in manifest) {
        context.say(manifest.mistake);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      const owner = await openAsOwner(context.config);
      try {
        const done = await importBooks(owner, {
          manifest,
          source: booksSource(folder),
          dryRun,
          onStep: (step) => {
            context.say(step);
          },
        });
        process.exitCode = 'rejected' in done ? showRefusal(context, done, asJson) : EXIT.done;
        if ('rejected' in done) return;
        if (asJson) context.out(json({ object: 'books_import', ...done }));
        const what = `${done.rows} rows of ${done.tables} tables, ${done.entries} entries, ${done.roots} sealed days`;
        context.say(
          dryRun ? `${what}: all of it could be restored. Nothing was written.` : `${what} restored and proved.`,
        );
        if (!dryRun)
          context.say('Next: make API keys (creditpool keys create) and rotate the webhook endpoints’ secrets.');
      } finally {
        await owner.close();
      }
    });
}

function sum(tables: readonly ExportedTable[]): number {
  return tables.reduce((rows, table) => rows + table.rows, 0);
}

function shown({ table, rows, bytes }: ExportedTable): string {
  return `${table}: ${rows} rows, ${bytes} bytes`;
}
