import { type Command, InvalidArgumentError, Option } from 'commander';

import { FAULT_KINDS, LIMIT_REASONS } from '../simulator/faults.ts';
import type { CliContext } from './context.ts';
import { examples, json, table } from './output.ts';
import { type Ask, askerOf } from './sim-ask.ts';
import { registerOthers } from './sim-others.ts';
import { collectSwitch, whole } from './sim-start.ts';

/** The commands that make the simulator misbehave, and do what a bank or a customer would. */
export function registerSimulatorControls(sim: Command, context: CliContext): void {
  const ask = askerOf(context, () => sim.opts<{ url?: string }>().url);
  const print = async (answer: Promise<unknown>): Promise<void> => {
    const said = await answer;
    if (said !== undefined) context.out(json(said));
  };
  registerFaults(sim, ask, print);
  registerOthers(sim, context, ask, print);
  sim
    .command('switches')
    .description('what is assumed about Stripe where its documents are silent; with name=position moves one')
    .argument('[switch=position...]', 'such as summaryEnd=inclusive')
    .addHelpText('before', examples('sim switches', 'sim switches summaryEnd=inclusive meterLagMs=500'))
    .action(async (given: readonly string[]) => {
      const moved = given.reduce((all, text) => collectSwitch(text, all), {});
      const switches = await (given.length === 0 ? ask('GET', '/switches') : ask('POST', '/switches', moved));
      if (switches === undefined) return;
      context.out(
        table(
          ['switch', 'position'],
          Object.entries(switches as object).map(([name, at]) => [name, String(at)]),
        ),
      );
    });
  sim
    .command('state')
    .description('how many objects of each kind there are, and what time it is')
    .addHelpText('before', examples('sim state', 'sim state | less'))
    .action(async () => {
      const counts = await ask('GET', '/state');
      if (counts === undefined) return;
      const rows = Object.entries(counts as Record<string, number>).filter(([, count]) => count > 0);
      context.out(
        table(
          ['kind', 'objects'],
          rows.map(([kind, count]) => [kind, String(count)]),
          [1],
        ),
      );
    });
}

interface FaultOptions {
  readonly method?: string;
  readonly path?: string;
  readonly times: number;
  readonly reason?: string;
  readonly delay?: number;
}
interface WebhookOptions {
  readonly drop?: true;
  readonly duplicate?: true;
  readonly shuffle?: true;
  readonly delay?: number;
}

function registerFaults(sim: Command, ask: Ask, print: (answer: Promise<unknown>) => Promise<void>): void {
  const kinds = Object.entries(FAULT_KINDS).map(([kind, says]) => `  ${kind.padEnd(13)} ${says}\n`);
  sim
    .command('fault')
    .description('make the next requests go wrong')
    .argument('<kind>', 'what goes wrong', faultKind)
    .option('--method <method>', 'only GET, POST or DELETE')
    .option('--path <pattern>', 'only paths that match, such as meter_events')
    .option('--times <count>', 'how many requests', whole, 1)
    .addOption(new Option('--reason <reason>', 'of a 429').choices(LIMIT_REASONS))
    .option('--delay <ms>', 'of a slow answer', whole)
    .addHelpText(
      'before',
      examples('sim fault 500_after --method POST --path credit_grants', 'sim fault slow --delay 3000'),
    )
    .addHelpText('after', `\nKinds:\n${kinds.join('')}`)
    .action(async (kind: string, { times, reason, delay, ...match }: FaultOptions) => {
      const add = { kind, match: { ...match, times }, ...(reason && { reason }), ...(delay && { delayMs: delay }) };
      await print(ask('POST', '/faults', { add }));
    });
  sim
    .command('webhooks')
    .description('how webhooks arrive from now on; without an option: as they should')
    .option('--drop', 'not at all, until they are retried')
    .option('--duplicate', 'twice')
    .option('--shuffle', 'in any order')
    .option('--delay <ms>', 'late', whole)
    .addHelpText('before', examples('sim webhooks --drop', 'sim webhooks --duplicate --shuffle', 'sim webhooks'))
    .action(async ({ delay, ...how }: WebhookOptions) => {
      await print(ask('POST', '/faults', { webhooks: { ...how, ...(delay !== undefined && { delayMs: delay }) } }));
    });
  sim
    .command('swallow')
    .description('accept the next meter events and never count them; their identifiers stay taken')
    .argument('<count>', 'how many', whole)
    .addHelpText('before', examples('sim swallow 1', 'sim swallow 3'))
    .action(async (swallowed: number) => print(ask('POST', '/faults', { swallow_meter_events: swallowed })));
  sim
    .command('fail-finalization')
    .description(
      'a draft cannot be finalized, as if its tax could not be worked out; it stays a draft until somebody tries again',
    )
    .argument('<invoice>')
    .option('--times <count>', 'how often', whole, 1)
    .addHelpText('before', examples('sim fail-finalization in_1234', 'sim fail-finalization in_1234 --times 2'))
    .action(async (id: string, { times }: { times: number }) =>
      print(ask('POST', `/invoices/${id}/fail_finalization`, { times })),
    );
  sim
    .command('behave')
    .description('no faults any more; what was dropped is delivered')
    .addHelpText('before', examples('sim behave', 'sim behave && creditpool sim state'))
    .action(async () => {
      await print(ask('POST', '/faults', { clear: true }));
      await print(ask('POST', '/deliveries/retry'));
    });
}

function faultKind(text: string): string {
  if (!(text in FAULT_KINDS)) throw new InvalidArgumentError(`one of ${Object.keys(FAULT_KINDS).join(', ')}.`);
  return text;
}
