import type { Command } from 'commander';

import { fromWireId, toWireId } from '../contract/ids.ts';
import { shownEndpoint } from '../contract/webhook-endpoints.ts';
import { testAlerts } from '../operations/read-alerts.ts';
import {
  listEndpoints,
  type Notified,
  registerEndpoint,
  rotateEndpointSecret,
  switchEndpoint,
} from '../operations/webhook-endpoints.ts';
import { pepperOf } from '../sandbox/local-secrets.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { openWays } from '../server.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface AsJson {
  readonly json?: boolean;
}

/** `creditpool webhooks list | add | rotate | enable | disable | test`: where events are sent. */
export function registerWebhookCommands(program: Command, context: CliContext): void {
  const webhooks = program
    .command('webhooks')
    .description('where events are sent: endpoints of outgoing webhooks')
    .addHelpText('before', examples('webhooks add https://app.example.com/hooks', 'webhooks list'));
  registerListing(webhooks, context);
  registerSecrets(webhooks, context);
  registerSwitches(webhooks, context);
  webhooks
    .command('test')
    .description('tell a test of this customer on every channel')
    .argument('<customer>', 'customer_…, cus_… or ext:…')
    .addHelpText('before', examples('webhooks test ext:acme', 'webhooks test cus_123'))
    .action(async (customer: string) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const raised = await testAlerts(deps, { customer });
        if ('rejected' in raised) return showRefusal(context, raised, false);
        context.say(`Test ${toWireId('alert', raised.alertId)} leaves with the next turn of the service's loop.`);
        return EXIT.done;
      });
    });
}

function registerListing(webhooks: Command, context: CliContext): void {
  webhooks
    .command('list')
    .description('every endpoint, the oldest first')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('webhooks list', 'webhooks list --json'))
    .action(async ({ json: asJson = false }: AsJson) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await listEndpoints({ deps });
        if (asJson) context.out(json({ object: 'list', has_more: false, data: found.map(shownEndpoint) }));
        else if (found.length === 0) context.say('Nothing is told yet: creditpool webhooks add https://…');
        else {
          const rows = found.map(({ endpointId, url, state, failingSince, disabledBecause }) => [
            toWireId('endpoint', endpointId),
            url,
            state,
            disabledBecause ?? (failingSince === null ? '' : `fails since ${failingSince.toISOString()}`),
          ]);
          context.out(table(['endpoint', 'url', 'state', 'why'], rows));
        }
        return EXIT.done;
      });
    });
}

function registerSecrets(webhooks: Command, context: CliContext): void {
  const show = (made: Awaited<ReturnType<typeof registerEndpoint>>, asJson: boolean): number => {
    if ('rejected' in made) return showRefusal(context, made, asJson);
    const { endpoint, secret } = made;
    const id = toWireId('endpoint', endpoint.endpointId);
    context.out(asJson ? json({ ...shownEndpoint(endpoint), secret }) : `${id}  ${secret}`);
    context.say('Keep the secret: it is not shown again. It verifies what is sent, by any Standard Webhooks library.');
    return EXIT.done;
  };
  webhooks
    .command('add')
    .description('register an endpoint that answers a signed challenge with a 2xx; its secret is shown once')
    .argument('<url>', 'https://…; a sandbox takes http too')
    .option('--description <text>', 'what it is for', 'webhook')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('webhooks add https://app.example.com/hooks', 'webhooks add https://a.example/in --json'),
    )
    .action(async (url: string, { description, json: asJson = false }: AsJson & { readonly description: string }) => {
      await withBooks(context, { stripe: false }, async (deps) =>
        show(await registerEndpoint(notified(context, deps), { url, description }), asJson),
      );
    });
  webhooks
    .command('rotate')
    .description('a new secret; for 24 hours both sign')
    .argument('<endpoint>', 'endpoint_…')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('webhooks rotate endpoint_…', 'webhooks rotate endpoint_… --json'))
    .action(async (id: string, { json: asJson = false }: AsJson) => {
      await withBooks(context, { stripe: false }, async (deps) =>
        show(await rotateEndpointSecret(notified(context, deps), idOf(id)), asJson),
      );
    });
}

function registerSwitches(webhooks: Command, context: CliContext): void {
  for (const [name, state, says] of [
    ['enable', 'active', 'tell an endpoint again'],
    ['disable', 'disabled', 'tell an endpoint nothing more'],
  ] as const) {
    webhooks
      .command(name)
      .description(says)
      .argument('<endpoint>', 'endpoint_…')
      .addHelpText('before', examples(`webhooks ${name} endpoint_…`, 'webhooks list'))
      .action(async (id: string) => {
        await withBooks(context, { stripe: false }, async (deps) => {
          const switched = await switchEndpoint({ deps }, idOf(id), state);
          if ('rejected' in switched) return showRefusal(context, switched, false);
          context.say(`${id} is ${state}.`);
          return EXIT.done;
        });
      });
  }
}

/** Of no endpoint where it is no id, which is then refused as unknown. */
function idOf(id: string): string {
  return fromWireId('endpoint', id) ?? '00000000-0000-0000-0000-000000000000';
}

function notified({ config }: CliContext, deps: OpenBooks): Notified {
  const isSandbox = config.stripe.mode === 'sandbox';
  const mail = { smtpUrl: undefined, from: 'creditpool@localhost', folder: null };
  const ways = openWays({ isSandbox, pepper: pepperOf(config), mail });
  return { deps, channels: { ...ways, wallTime: () => new Date() } };
}
