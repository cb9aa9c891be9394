import { type Command, InvalidArgumentError } from 'commander';

import { fromWireId, toWireId } from '../contract/ids.ts';
import { toTracked, usageEvent } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import { startExecutor } from '../operations/executor.ts';
import { listQuarantinedEvents } from '../operations/list-quarantined-events.ts';
import { discardQuarantinedEvent, releaseQuarantinedEvent } from '../operations/release-quarantined-event.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const SHOWN_MAX = 100;
const ACTOR = 'operator';

const SAMPLE_EVENT = '{"id":"job-1042","customer":"ext:acme","action":"api.call","quantities":{"calls":1}}';

/** `creditpool quarantine list | release | discard`. */
export function registerQuarantineCommands(program: Command, context: CliContext): void {
  const quarantine = program
    .command('quarantine')
    .description('usage events that could not be taken and wait to be put right')
    .addHelpText('before', examples('quarantine list', 'quarantine release quar_01jd…'));
  registerList(quarantine, context);
  registerRelease(quarantine, context);
  registerDiscard(quarantine, context);
}

function registerList(quarantine: Command, context: CliContext): void {
  quarantine
    .command('list')
    .description(`what waits, the oldest ${SHOWN_MAX}`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('quarantine list', 'quarantine list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { events, hasMore } = await listQuarantinedEvents(deps, { state: 'waiting', limit: SHOWN_MAX });
        const rows = events.map((event) => ({
          id: toWireId('quar', event.quarantinedEventId),
          event: `${event.source}/${event.eventId}`,
          attempts: String(event.attempts),
          code: event.code,
          message: event.message,
        }));
        if (asJson) {
          const data = rows.map((row, index) => ({ ...row, body: events[index]?.fixedBody ?? events[index]?.body }));
          context.out(json({ object: 'list', has_more: hasMore, data }));
        } else if (rows.length === 0) {
          context.say('Nothing is in quarantine.');
        } else {
          const columns = ['id', 'event', 'attempts', 'code', 'message'] as const;
          const cells = rows.map((row) => columns.map((column) => row[column]));
          context.out(table(columns, cells, [2]));
        }
        return EXIT.done;
      });
    });
}

function registerRelease(quarantine: Command, context: CliContext): void {
  quarantine
    .command('release')
    .description('try an event again, as it came or put right')
    .argument('<id>', 'quar_…, as in quarantine list', quarantinedId)
    .option('--event <json>', 'the event as it should have been; its id and source stay', body)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('quarantine release quar_01jd…', `quarantine release quar_01jd… --event '${SAMPLE_EVENT}'`),
    )
    .action(async (id: string, { event = null, json: asJson = false }: { event?: object | null; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const books = { deps, executor: startExecutor(deps) };
        const released = await releaseQuarantinedEvent(books, {
          quarantinedEventId: id,
          fixedBody: event,
          actor: ACTOR,
          read: readEvent,
        });
        if ('rejected' in released) return showRefusal(context, released, asJson);
        const { status, usageEventId } = released;
        const [credits, balance] = [formatCredits(released.credits), formatCredits(released.available)];
        if (asJson) {
          context.out(
            json({
              object: 'quarantined_event',
              state: 'released',
              usage_event: toWireId('usage', usageEventId),
              status,
              credits,
              balance,
            }),
          );
        } else context.out(`${status}: ${credits} credits; ${balance} available.`);
        return EXIT.done;
      });
    });
}

function registerDiscard(quarantine: Command, context: CliContext): void {
  quarantine
    .command('discard')
    .description('throw an event away; what it was and why stays on record')
    .argument('<id>', 'quar_…, as in quarantine list', quarantinedId)
    .requiredOption('--reason <text>', 'why it will never count')
    .addHelpText(
      'before',
      examples(
        `quarantine discard quar_01jd… --reason 'a test by mistake'`,
        `quarantine discard quar_01jd… --reason 'told twice'`,
      ),
    )
    .action(async (id: string, { reason }: { reason: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const discarded = await discardQuarantinedEvent({ deps }, { quarantinedEventId: id, reason, actor: ACTOR });
        if ('rejected' in discarded) return showRefusal(context, discarded, false);
        context.say(`${discarded.eventId} is discarded.`);
        return EXIT.done;
      });
    });
}

function readEvent(event: object) {
  const read = usageEvent.safeParse(event);
  if (read.success) return toTracked(read.data);
  const [issue] = read.error.issues;
  const param = issue?.path.join('.') ?? '';
  return { rejected: { message: `${param}: ${issue?.message ?? 'cannot be read'}`, param } };
}

function quarantinedId(text: string): string {
  const id = fromWireId('quar', text);
  if (id === null) throw new InvalidArgumentError('write an id such as quar_01jd….');
  return id;
}

function body(text: string): object {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InvalidArgumentError('write one JSON object.');
}
