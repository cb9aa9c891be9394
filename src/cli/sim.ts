import { type Command, InvalidArgumentError } from 'commander';

import { readLocalSecrets } from '../sandbox/local-secrets.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { registerSimulatorControls } from './sim-controls.ts';
import { registerSimulatorStart } from './sim-start.ts';

interface ClockAnswer {
  readonly now: string;
  readonly moved_from: string;
  readonly stops: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `creditpool sim …`: `advance` asks the running sandbox over its API, the others ask the simulator. */
export function registerSimulatorCommands(program: Command, context: CliContext): void {
  const sim = program
    .command('sim')
    .description('the Stripe simulator: its clock, its faults, what banks and customers do')
    .addHelpText('before', examples('sim start', 'sim advance 31d', 'sim fault 500_after --path credit_grants'));
  registerSimulatorStart(sim, context);
  sim
    .command('advance')
    .description('move the clock of the running sandbox: renewals, invoices and expiry happen on the way')
    .argument('<time>', 'a span such as 31d or 1d12h, or an instant', move)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('sim advance 31d', 'sim advance 2027-01-01T00:00:00Z'))
    .action(async (body: object, { json: asJson = false }: { json?: boolean }) => {
      process.exitCode = await advance(context, body, asJson);
    });
  registerSimulatorControls(sim, context);
}

async function advance(context: CliContext, body: object, asJson: boolean): Promise<number> {
  const { CREDITPOOL_URL: url, CREDITPOOL_API_KEY: key } = readLocalSecrets(context.config.directory).values;
  if (url === undefined || key === undefined) {
    context.say(`No sandbox was started in ${context.config.directory}; start one with: npm start`);
    return EXIT.notFound;
  }
  const response = await ask(`${url}/v1/sandbox/clock`, key, body);
  if (response === null) {
    context.say(`The sandbox at ${url} does not answer; start it with: npm start`);
    return EXIT.unavailable;
  }
  if (response.error !== undefined) {
    context.say(response.error.message);
    return response.error.code === 'unauthenticated' ? EXIT.notPermitted : EXIT.wrongUsage;
  }
  if (asJson) context.out(json(response));
  else {
    context.out(`SANDBOX clock: ${response.moved_from} → ${response.now} (${response.stops} stops)`);
    context.say('The sandbox stands at this instant until it is advanced again; time does not flow by itself there.');
  }
  return EXIT.done;
}

async function ask(url: string, key: string, body: object): Promise<ClockAnswer | null> {
  try {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as ClockAnswer;
  } catch (error) {
    // fetch says "failed" in a TypeError whatever happened to the connection.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function move(text: string): object {
  if (/^\d+[dhms]/.test(text) && !text.includes('T')) return { advance_by: text };
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return { advance_to: text };
  throw new InvalidArgumentError('write a span such as 31d or 1d12h, or an instant such as 2027-01-01T00:00:00Z.');
}
