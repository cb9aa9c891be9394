import { type Command, InvalidArgumentError } from 'commander';

import { startSimulator } from '../simulator/simulator.ts';
import type { CliContext } from './context.ts';
import { examples } from './output.ts';

interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly file?: string;
  readonly webhook?: string;
  readonly set: Readonly<Record<string, string | number | boolean>>;
}

/** `creditpool sim start`: the simulator alone, for any program that talks to Stripe. */
export function registerSimulatorStart(sim: Command, context: CliContext): void {
  sim
    .command('start')
    .description('start a Stripe simulator alone, until it is stopped')
    .option(
      '--host <address>',
      'that listens; 0.0.0.0 for all, as in a container: whoever reaches it controls it',
      '127.0.0.1',
    )
    .option('--port <port>', '0 takes any', whole, 12_111)
    .option('--key <key>', 'the secret key it accepts', 'sk_test_simulator')
    .option('--file <file>', 'keep everything in this journal, and go on from it')
    .option('--webhook <url>', 'send every event there; prints the secret that signs them')
    .option('--set <switch=position>', 'move a switch; again for more', collectSwitch, {})
    .addHelpText(
      'before',
      examples(
        'sim start',
        'sim start --port 12111 --webhook http://127.0.0.1:3000/webhooks',
        'sim start --host 0.0.0.0',
        'sim start --set summaryEnd=inclusive',
      ),
    )
    .action(async (options: StartOptions) => start(context, options));
}

async function start(context: CliContext, { host, port, key, file, webhook, set }: StartOptions): Promise<void> {
  const simulator = await startSimulator({
    address: host,
    port,
    secretKey: key,
    switches: set,
    ...(file !== undefined && { file }),
  });
  const { url } = simulator;
  context.out(`SIMULATOR of Stripe at ${url}, key ${key}`);
  context.out(`Its objects, deliveries and clock: ${url}/_simulator`);
  if (webhook !== undefined) context.out(`Events go to ${webhook}, signed with ${await listen(url, key, webhook)}`);
  context.say(
    `Point the SDK at it: new Stripe('${key}', { host: '${simulator.host}', port: ${simulator.port}, protocol: 'http' })`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void simulator.close();
    });
  }
}

/** The signing secret of an endpoint for everything: the one there is, or a new one. */
async function listen(url: string, key: string, webhook: string): Promise<string> {
  const response = await fetch(`${url}/v1/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: new URLSearchParams({ url: webhook, 'enabled_events[0]': '*' }),
  });
  const { secret, error } = (await response.json()) as { secret?: string; error?: { message: string } };
  if (secret === undefined) throw new Error(error?.message ?? `no webhook endpoint: ${response.status}`);
  return secret;
}

/** A whole number of an option. */
export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('write a whole number.');
  return Number(text);
}

/** `name=position` as the simulator wants it: numbers and booleans as such. */
export function collectSwitch(
  text: string,
  earlier: Readonly<Record<string, string | number | boolean>>,
): Record<string, string | number | boolean> {
  const [, name, said] = /^(\w+)=(\w+)$/.exec(text) ?? [];
  if (name === undefined || said === undefined) throw new InvalidArgumentError('write name=position.');
  const truth = said === 'true' || said === 'false' ? said === 'true' : said;
  return { ...earlier, [name]: /^\d+$/.test(said) ? Number(said) : truth };
}
