import type { Command } from 'commander';

import { toWireId } from '../contract/ids.ts';
import { listParkedMessages } from '../operations/list-parked-messages.ts';
import { listParkedStripeEvents } from '../operations/list-parked-stripe-events.ts';
import { replayStripeEvent } from '../operations/replay-stripe-event.ts';
import { retryMessage } from '../operations/retry-message.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { withBooks } from './with-books.ts';

const SHOWN_MAX = 100;

/** `creditpool outbox list | retry` and `creditpool inbox list | replay`. */
export function registerParkedCommands(program: Command, context: CliContext): void {
  const outbox = program
    .command('outbox')
    .description('messages for Stripe that wait for a person')
    .addHelpText('before', examples('outbox list', 'outbox retry 42'));
  registerList(outbox, context, {
    list: 'outbox list',
    read: async (deps) => {
      const { messages, hasMore } = await listParkedMessages(deps, SHOWN_MAX);
      const rows = messages.map((message) => ({
        id: String(message.outboxId),
        customer: toWireId('customer', message.customerId),
        queue: message.queue,
        call: message.call,
        ...factsOf(message),
      }));
      return { rows, hasMore };
    },
  });
  registerAgain(outbox, context, {
    verb: 'retry',
    description: 'send a parked message again; whether it reached Stripe is looked up first',
    example: ['outbox retry 42', 'outbox list'],
    again: retryMessage,
    done: (id) => `${id} will be sent by the next relay.`,
    missing: (id) => `No parked message has the id ${id}.`,
  });

  const inbox = program
    .command('inbox')
    .description('events of Stripe that wait for a person')
    .addHelpText('before', examples('inbox list', 'inbox replay evt_1'));
  registerList(inbox, context, {
    list: 'inbox list',
    read: async (deps) => {
      const { events, hasMore } = await listParkedStripeEvents(deps, SHOWN_MAX);
      const rows = events.map((event) => ({
        id: event.eventId,
        type: event.type,
        about: event.objectId,
        ...factsOf(event),
      }));
      return { rows, hasMore };
    },
  });
  registerAgain(inbox, context, {
    verb: 'replay',
    description: 'apply a parked event again; what it is about is fetched as it is then',
    example: ['inbox replay evt_1', 'inbox list'],
    again: replayStripeEvent,
    done: (id) => `${id} will be applied by the next turn of the inbox.`,
    missing: (id) => `No parked event has the id ${id}.`,
  });
}

interface Facts {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly parkedAt: Date;
}

interface Shown {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly parked_at: string;
}

function factsOf({ what, why, next, attempts, outcome, parkedAt }: Facts): Omit<Shown, 'id'> {
  return { what, why, next, attempts, outcome, parked_at: parkedAt.toISOString() };
}

type Books = Parameters<Parameters<typeof withBooks>[2]>[0];

function registerList(
  parent: Command,
  context: CliContext,
  { list, read }: { list: string; read: (deps: Books) => Promise<{ rows: readonly Shown[]; hasMore: boolean }> },
): void {
  parent
    .command('list')
    .description(`what is parked, the oldest ${SHOWN_MAX}: since when, why, and what to do`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples(list, `${list} --json`))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { rows, hasMore } = await read(deps);
        if (asJson) context.out(json({ object: 'list', has_more: hasMore, data: rows }));
        else if (rows.length === 0) context.say('Nothing is parked.');
        else context.out(rows.map(inWords).join('\n\n'));
        return EXIT.done;
      });
    });
}

function inWords({ id, what, why, next, outcome, parked_at: parkedAt }: Shown): string {
  return [
    `${id}  ${what}`,
    `    since   ${parkedAt}`,
    `    why     ${why}`,
    `    answer  ${outcome ?? 'none'}`,
    `    next    ${next}`,
  ].join('\n');
}

interface Again {
  readonly verb: string;
  readonly description: string;
  readonly example: readonly [string, string];
  readonly again: (deps: Books, id: string) => Promise<boolean>;
  readonly done: (id: string) => string;
  readonly missing: (id: string) => string;
}

function registerAgain(parent: Command, context: CliContext, { verb, description, example, ...say }: Again): void {
  parent
    .command(verb)
    .description(description)
    .argument('<id>', 'as in the list')
    .addHelpText('before', examples(...example))
    .action(async (id: string) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const isParked = await say.again(deps, id);
        context.say(isParked ? say.done(id) : say.missing(id));
        return isParked ? EXIT.done : EXIT.notFound;
      });
    });
}
