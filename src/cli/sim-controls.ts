import { type Command, InvalidArgumentError, Option } from 'commander';

import { readLocalSecrets } from '../sandbox/local-secrets.ts';
import { FAULT_KINDS, LIMIT_REASONS } from '../simulator/faults.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { collectSwitch, whole } from './sim-start.ts';

/** Asks the running simulator something; undefined when it does not answer or refuses, which is said. */
type Ask = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>;

/** The commands that make the simulator misbehave, and do what a bank or a customer would. */
export function registerSimulatorControls(sim: Command, context: CliContext): void {
  sim.option('--url <url>', 'of the simulator; else that of the sandbox of this directory');
  const ask: Ask = async (method, path, body) =>
    askSimulator(context, sim.opts<{ url?: string }>().url, method, path, body);
  const print = async (answer: Promise<unknown>): Promise<void> => {
    const said = await answer;
    if (said !== undefined) context.out(json(said));
  };
  registerFaults(sim, ask, print);
  registerOthers(sim, ask, print);
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
    .command('behave')
    .description('no faults any more; what was dropped is delivered')
    .addHelpText('before', examples('sim behave', 'sim behave && creditpool sim state'))
    .action(async () => {
      await print(ask('POST', '/faults', { clear: true }));
      await print(ask('POST', '/deliveries/retry'));
    });
}

interface DisputeOptions {
  readonly amount?: number;
  readonly reason?: string;
  readonly inquiry?: true;
}

function registerOthers(sim: Command, ask: Ask, print: (answer: Promise<unknown>) => Promise<void>): void {
  sim
    .command('dispute')
    .description('a cardholder disputes a payment')
    .argument('<id>', 'of a charge, payment intent or invoice')
    .option('--amount <minor>', 'in minor units; else all of it', whole)
    .option('--reason <reason>', 'such as product_not_received', 'fraudulent')
    .option('--inquiry', 'the bank only asks; no money moves yet')
    .addHelpText('before', examples('sim dispute in_1234', 'sim dispute ch_1234 --amount 500 --inquiry'))
    .action(async (id: string, options: DisputeOptions) => {
      const other = id.startsWith('pi_') ? 'payment_intent' : 'charge';
      const kind = id.startsWith('in_') ? 'invoice' : other;
      await print(ask('POST', '/disputes', { [kind]: id, ...options }));
    });
  sim
    .command('decide')
    .description('the bank decides a dispute')
    .argument('<dispute>')
    .addArgument(sim.createArgument('<outcome>').choices(['won', 'lost', 'escalate']))
    .addHelpText('before', examples('sim decide dp_1234 won', 'sim decide dp_1234 escalate'))
    .action(async (id: string, outcome: string) => {
      const path = outcome === 'escalate' ? `/disputes/${id}/escalate` : `/disputes/${id}/close`;
      await print(ask('POST', path, outcome === 'escalate' ? {} : { status: outcome }));
    });
  sim
    .command('refund')
    .description('the bank sends a refund back, or takes a pending one')
    .argument('<refund>')
    .addArgument(sim.createArgument('<outcome>').choices(['fail', 'succeed']))
    .option('--reason <reason>', 'why it came back', 'lost_or_stolen_card')
    .addHelpText('before', examples('sim refund re_1234 fail', 'sim refund re_1234 succeed'))
    .action(async (id: string, outcome: string, { reason }: { reason: string }) =>
      print(ask('POST', `/refunds/${id}/${outcome}`, { reason })),
    );
  sim
    .command('card')
    .description('a customer pays with another card from now on')
    .argument('<customer>')
    .argument('[card]', 'a test card of Stripe', 'pm_card_visa')
    .addHelpText('before', examples('sim card cus_1234 pm_card_chargeCustomerFail', 'sim card cus_1234'))
    .action(async (id: string, card: string) => print(ask('POST', `/customers/${id}/card`, { payment_method: card })));
}

async function askSimulator(
  context: CliContext,
  given: string | undefined,
  method: string,
  path: string,
  body: object | undefined,
): Promise<unknown> {
  const known = readLocalSecrets(context.config.directory).values['STRIPE_SIMULATOR_URL'];
  const url = given ?? known;
  if (url === undefined) {
    context.say('No simulator is known here; start one with: creditpool sim start, or name it with --url');
    process.exitCode = EXIT.notFound;
    return undefined;
  }
  const response = await reach(`${url}/_simulator${path}`, method, body);
  if (response === null) {
    context.say(`The simulator at ${url} does not answer.`);
    process.exitCode = EXIT.unavailable;
    return undefined;
  }
  const answer = (await response.json()) as { readonly error?: { readonly message: string } };
  if (response.ok) return answer;
  context.say(answer.error?.message ?? `The simulator answers ${response.status}.`);
  process.exitCode = EXIT.wrongUsage;
  return undefined;
}

async function reach(url: string, method: string, body: object | undefined): Promise<Response | null> {
  try {
    return await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  } catch (error) {
    // fetch says "failed" in a TypeError whatever happened to the connection.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function faultKind(text: string): string {
  if (!(text in FAULT_KINDS)) throw new InvalidArgumentError(`one of ${Object.keys(FAULT_KINDS).join(', ')}.`);
  return text;
}
