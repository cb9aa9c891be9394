import type { Command } from 'commander';

import { listParkedMessages } from '../operations/list-parked-messages.ts';
import { retryMessage } from '../operations/retry-message.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { withBooks } from './with-books.ts';

const SHOWN_MAX = 100;

/** `creditpool outbox list | retry`. */
export function registerOutboxCommands(program: Command, context: CliContext): void {
  const outbox = program
    .command('outbox')
    .description('messages for Stripe that wait for a person')
    .addHelpText('before', examples('outbox list', 'outbox retry 42'));
  outbox
    .command('list')
    .description(`what is parked, the oldest ${SHOWN_MAX}`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('outbox list', 'outbox list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { messages, hasMore } = await listParkedMessages(deps, SHOWN_MAX);
        const rows = messages.map(({ outboxId, customerId, queue, call, attempts, outcome }) => ({
          id: String(outboxId),
          customer: customerId,
          queue,
          call,
          attempts: String(attempts),
          outcome: outcome ?? '',
        }));
        if (asJson) context.out(json({ object: 'list', has_more: hasMore, data: rows }));
        else if (rows.length === 0) context.say('Nothing is parked.');
        else {
          const columns = ['id', 'customer', 'queue', 'call', 'attempts', 'outcome'] as const;
          context.out(
            table(
              columns,
              rows.map((row) => columns.map((column) => row[column])),
              [0, 4],
            ),
          );
        }
        return EXIT.done;
      });
    });
  outbox
    .command('retry')
    .description('send a parked message again; whether it reached Stripe is looked up first')
    .argument('<id>', 'as in outbox list')
    .addHelpText('before', examples('outbox retry 42', 'outbox list'))
    .action(async (id: string) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const retried = await retryMessage(deps, id);
        context.say(retried ? `${id} will be sent by the next relay.` : `No parked message has the id ${id}.`);
        return retried ? EXIT.done : EXIT.notFound;
      });
    });
}
