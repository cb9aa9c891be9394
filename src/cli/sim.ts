import { type Command, InvalidArgumentError } from 'commander';

import { createClient } from '../client/client.ts';
import { isUnreachable, orRefusal } from '../client/refusal.ts';
import type { InputOf } from '../contract/operations.ts';
import { sandboxClock } from '../contract/sandbox.ts';
import { readLocalSecrets } from '../sandbox/local-secrets.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { askerOf, simulatorOfSandbox } from './sim-ask.ts';
import { registerSimulatorControls } from './sim-controls.ts';
import { registerSimulatorStart } from './sim-start.ts';

/** Months of renewals are one answer. */
const ANSWER_MS_MAX = 3_600_000;

type Move = InputOf<'moveSandboxClock'>;

/** `creditpool sim …`: `advance` asks the running sandbox over its API, the others ask the simulator, as it does with --url. */
export function registerSimulatorCommands(program: Command, context: CliContext): void {
  const sim = program
    .command('sim')
    .description('the Stripe simulator: its clock, its faults, what banks and customers do')
    .option('--url <url>', 'of a simulator that runs alone; else that of the sandbox of this directory')
    .addHelpText('before', examples('sim start', 'sim advance 31d', 'sim fault 500_after --path credit_grants'));
  registerSimulatorStart(sim, context);
  sim
    .command('advance')
    .description('move the clock of the running sandbox, or of a simulator alone: what falls due happens on the way')
    .argument('<time>', 'a span such as 31d or 1d12h, or an instant', move)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('sim advance 31d', 'sim advance 2027-01-01T00:00:00Z', 'sim advance 31d --url http://127.0.0.1:12111'),
    )
    .action(async (body: Move, { json: asJson = false }: { json?: boolean }) => {
      const { url } = sim.opts<{ url?: string }>();
      // The sandbox's own simulator never moves without the sandbox.
      const isAlone = url !== undefined && url !== simulatorOfSandbox(context);
      process.exitCode = isAlone
        ? await advanceAlone(context, url, body, asJson)
        : await advance(context, body, asJson);
    });
  registerSimulatorControls(sim, context);
}

async function advance(context: CliContext, body: Move, asJson: boolean): Promise<number> {
  const { CREDITPOOL_URL: url, CREDITPOOL_API_KEY: key } = readLocalSecrets(context.config.directory).values;
  if (url === undefined || key === undefined) {
    context.say(
      `No sandbox was started in ${context.config.directory}; start one with: npm start, or name a simulator that runs alone with --url`,
    );
    return EXIT.notFound;
  }
  const asked = await ask(url, key, body);
  if (asked === null) {
    context.say(`The sandbox at ${url} does not answer; start it with: npm start`);
    return EXIT.unavailable;
  }
  if ('refused' in asked) {
    context.say(asked.refused.message);
    return asked.refused.code === 'unauthenticated' ? EXIT.notPermitted : EXIT.wrongUsage;
  }
  const { answer } = asked;
  if (asJson) context.out(json(answer));
  else {
    context.out(`SANDBOX clock: ${answer.moved_from} → ${answer.now} (${answer.stops} stops)`);
    context.say('The sandbox stands at this instant until it is advanced again; time does not flow by itself there.');
  }
  return EXIT.done;
}

/** A simulator that no sandbox moves. Customers on test clocks live by those and do not notice. */
async function advanceAlone(context: CliContext, url: string, body: Move, asJson: boolean): Promise<number> {
  const asked = sandboxClock.safeParse(body);
  if (!asked.success) {
    context.say(asked.error.issues.map(({ message }) => message).join('; '));
    return EXIT.wrongUsage;
  }
  const { advance_by: ms, advance_to: to } = asked.data;
  const step = to === undefined ? { advance_by: (ms ?? 0) / 1000 } : { advance_to: to.toISOString() };
  const answer = await askerOf(context, () => url)('POST', '/clock', step);
  if (answer === undefined) return Number(process.exitCode ?? EXIT.failed);
  const at = new Date((answer as { readonly now: number }).now * 1000).toISOString();
  if (asJson) context.out(json({ now: at }));
  else
    context.out(`SIMULATOR clock: ${at}; it stands there until it is moved again. Test clocks are moved over the API.`);
  return EXIT.done;
}

/** Null: nobody answers. */
async function ask(baseUrl: string, apiKey: string, body: Move) {
  const credits = createClient({ baseUrl, apiKey, timeoutMs: ANSWER_MS_MAX });
  try {
    return await orRefusal(credits.moveSandboxClock(body));
  } catch (error) {
    if (isUnreachable(error)) return null;
    throw error;
  }
}

function move(text: string): Move {
  if (/^\d+[dhms]/.test(text) && !text.includes('T')) return { advance_by: text };
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return { advance_to: text };
  throw new InvalidArgumentError('write a span such as 31d or 1d12h, or an instant such as 2027-01-01T00:00:00Z.');
}
