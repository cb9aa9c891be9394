import { type Command, InvalidArgumentError } from 'commander';

import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples } from './output.ts';
import type { Ask } from './sim-ask.ts';
import { whole } from './sim-start.ts';

type Print = (answer: Promise<unknown>) => Promise<void>;

interface DisputeOptions {
  readonly amount?: number;
  readonly reason?: string;
  readonly inquiry?: true;
}

/** What a bank, a customer or somebody at the dashboard does. */
export function registerOthers(sim: Command, context: CliContext, ask: Ask, print: Print): void {
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
  sim
    .command('checkout')
    .description('a customer pays a Checkout Session')
    .argument('<session>')
    .argument('[card]', 'a test card of Stripe', 'pm_card_visa')
    .addHelpText('before', examples('sim checkout cs_1234', 'sim checkout cs_1234 pm_card_chargeDeclined'))
    .action(async (id: string, card: string) =>
      print(ask('POST', `/checkout_sessions/${id}/complete`, { payment_method: card })),
    );
  registerRoll(sim, context, ask, print);
}

function registerRoll(sim: Command, context: CliContext, ask: Ask, print: Print): void {
  sim
    .command('roll')
    .description(
      'roll the signing secret of a webhook endpoint: both sign until the former ends; a sandbox learns the new one at its next start',
    )
    .argument('[endpoint]', 'we_… or ed_…; else the only one there is')
    .option('--keep <hours>', 'how long the former secret signs, too; at most 24', hoursOfADay, 24)
    .addHelpText('before', examples('sim roll', 'sim roll we_1234 --keep 1'))
    .action(async (given: string | undefined, { keep }: { keep: number }) => {
      const id = given ?? (await onlyEndpoint(context, ask));
      if (id !== undefined) await print(ask('POST', `/webhook_endpoints/${id}/roll`, { keep_seconds: keep * 3600 }));
    });
}

/** The one endpoint there is; of none or several undefined, which is said. */
async function onlyEndpoint(context: CliContext, ask: Ask): Promise<string | undefined> {
  const listed = await ask('GET', '/objects/webhook_endpoints');
  if (listed === undefined) return undefined;
  const endpoints = [...(listed as Endpoint[]), ...((await ask('GET', '/objects/event_destinations')) as Endpoint[])];
  if (endpoints.length === 1) return endpoints[0]?.id;
  const there = endpoints.map(({ id, url }) => `${id} (${url})`).join(', ');
  context.say(there === '' ? 'There is no webhook endpoint whose secret could be rolled.' : `Name one of: ${there}`);
  process.exitCode = endpoints.length === 0 ? EXIT.notFound : EXIT.wrongUsage;
  return undefined;
}

interface Endpoint {
  readonly id: string;
  readonly url: string;
}

function hoursOfADay(text: string): number {
  const hours = whole(text);
  if (hours > 24) throw new InvalidArgumentError('Stripe keeps a former secret for 24 hours at most.');
  return hours;
}
