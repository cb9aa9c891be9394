import { type Command, InvalidArgumentError } from 'commander';

import { listedHold } from '../contract/hold-list.ts';
import { duration } from '../contract/sandbox.ts';
import { listHolds } from '../operations/list-holds.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly olderThan?: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** `creditpool holds list`: work that reserved credits and never said how it ended. */
export function registerHoldCommands(program: Command, context: CliContext): void {
  const holds = program
    .command('holds')
    .description('reserved credits')
    .addHelpText('before', examples('holds list', 'holds list --older-than 15m'));
  holds
    .command('list')
    .description('open holds, the oldest first')
    .option('--older-than <span>', 'only those placed so long ago: 15m, 2h, 1d', span)
    .option('--limit <number>', 'how many', count, 20)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('holds list', 'holds list --older-than 15m --json'))
    .action(async ({ olderThan = 0, limit, json: asJson = false }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const listed = await listHolds(deps, { olderThanSeconds: olderThan / 1000, after: null, limit });
        const data = listed.holds.map(listedHold);
        if (asJson) {
          context.out(json({ object: 'list', url: '/v1/holds', has_more: listed.hasMore, data }));
          return EXIT.done;
        }
        const rows = data.map((hold) => [
          hold.id,
          hold.external_id === null ? hold.customer : `ext:${hold.external_id}`,
          hold.action,
          hold.held,
          `${hold.age_seconds} s`,
          hold.expires_at.toISOString(),
        ]);
        context.out(table(['hold', 'customer', 'action', 'held', 'age', 'lapses at'], rows, [3, 4]));
        if (listed.hasMore) context.say(`There are more than ${limit}; ask for more with --limit.`);
        return EXIT.done;
      });
    });
}

function span(text: string): number {
  const parsed = duration.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('write a span such as 15m, 2h or 1d12h.');
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('write a number from 1 to 9999.');
  return Number(text);
}
