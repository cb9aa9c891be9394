import type { Command } from 'commander';

import { migrate, pendingMigrations } from '../index.ts';
import { openDatabasePart } from '../sandbox/embedded-parts.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';

/** `creditpool db migrate | status`. */
export function registerDatabaseCommands(program: Command, context: CliContext): void {
  const db = program
    .command('db')
    .description('the database')
    .addHelpText('before', examples('db status', 'db migrate'));
  db.command('migrate')
    .description('run the migrations that the database lacks')
    .option('--dry-run', 'list them and stop')
    .addHelpText('before', examples('db migrate --dry-run', 'db migrate'))
    .action(async ({ dryRun = false }: { dryRun?: boolean }) => {
      await withDatabase(context, async (connectionString) => {
        const names = dryRun ? await pendingMigrations({ connectionString }) : await migrate({ connectionString });
        for (const name of names) context.out(name);
        context.say(`${names.length} ${dryRun ? 'pending' : 'applied'}.`);
        return EXIT.done;
      });
    });
  db.command('status')
    .description(`what the database lacks (exit ${EXIT.checkFailed} when anything)`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('db status', 'db status --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withDatabase(context, async (connectionString) => {
        const pending = await pendingMigrations({ connectionString });
        if (asJson) context.out(json({ object: 'database_status', pending }));
        else context.out(pending.length === 0 ? 'up to date' : `pending: ${pending.join(', ')}`);
        return pending.length === 0 ? EXIT.done : EXIT.checkFailed;
      });
    });
}

async function withDatabase(
  { config }: CliContext,
  work: (connectionString: string) => Promise<number>,
): Promise<void> {
  const database = await openDatabasePart(config);
  try {
    process.exitCode = await work(database.connectionString);
  } finally {
    await database.stop();
  }
}
