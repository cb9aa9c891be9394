import { type Command, InvalidArgumentError } from 'commander';

import { shownCancellation, shownSubscriptionOrder } from '../contract/subscriptions.ts';
import type { Refused } from '../domain/rejection.ts';
import { type Cancellation, cancelSubscription } from '../operations/cancel-subscription.ts';
import type { Deps } from '../operations/deps.ts';
import { type OrderSubscription, orderSubscription, type SubscriptionOrder } from '../operations/order-subscription.ts';
import { startSubscription } from '../operations/start-subscription.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const ACTOR = 'operator';

interface Common {
  readonly reason: string;
  readonly json?: boolean;
}

interface StartOptions extends Common {
  readonly plan: string;
  readonly quantity?: number;
  readonly trial?: boolean;
}

interface SeatsOptions extends Common {
  readonly quantity: number;
}

const ORDERS = {
  pause: ['pause', 'use so far is billed, the rest of the fee is credited, the pool is blocked', 'is paused'],
  resume: ['resume', 'a new period begins now, its fee is due', 'runs again'],
  'end-trial': ['end_trial', 'end the trial now: the first fee is due', 'is out of its trial'],
  keep: ['keep', 'let a subscription renew that was to end with its period', 'renews'],
} as const satisfies Record<string, readonly [OrderSubscription['kind'], string, string]>;

/** `subscription start`, `pause`, `resume`, `end-trial`, `seats`, `cancel`, `keep`. */
export function registerSubscriptionOrders(subscription: Command, context: CliContext): void {
  subscription
    .command('start <customer>')
    .description('subscribe a customer to a plan, with or without its trial')
    .requiredOption('--plan <name>', 'the plan, in its newest version')
    .requiredOption('--reason <text>', 'why')
    .option('--quantity <seats>', 'seats', seats)
    .option('--trial', "with the plan's trial: nothing is due before it ends")
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'subscription start ext:acme --plan hybrid --reason signup',
        'subscription start ext:acme --plan hybrid --trial --reason "sales call"',
      ),
    )
    .action(async (customer: string, options: StartOptions) => {
      const { plan, quantity = 1, trial: withTrial = false, reason, json: asJson = false } = options;
      const done = withTrial ? `is on trial of plan ${plan}` : `is on plan ${plan}`;
      await run(context, asJson, done, async (deps) =>
        startSubscription(deps, { customer, plan, quantity, withTrial, reason, actor: ACTOR }),
      );
    });
  for (const [name, [kind, description, done]] of Object.entries(ORDERS)) {
    subscription
      .command(`${name} <subscription>`)
      .description(description)
      .requiredOption('--reason <text>', 'why')
      .option('--json', 'one JSON document on stdout')
      .addHelpText(
        'before',
        examples(
          `subscription ${name} sub_… --reason "the customer asked"`,
          `subscription ${name} sub_… --reason SUP-7 --json`,
        ),
      )
      .action(async (subscriptionId: string, { reason, json: asJson = false }: Common) => {
        const order = { subscriptionId, kind, reason, actor: ACTOR };
        await run(context, asJson, done, async (deps) => orderSubscription(deps, order));
      });
  }
  registerSeats(subscription, context);
  subscription
    .command('cancel <subscription>')
    .description('end it now: use so far is billed, included credits end')
    .requiredOption('--reason <text>', 'why')
    .option('--at-period-end', 'it goes on until its period ends, and does not renew')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'subscription cancel sub_… --reason fraud',
        'subscription cancel sub_… --at-period-end --reason "the customer asked"',
      ),
    )
    .action(async (subscriptionId: string, options: Common & { readonly atPeriodEnd?: boolean }) => {
      const { reason, atPeriodEnd = false, json: asJson = false } = options;
      const asked = { subscriptionId, reason, actor: ACTOR };
      await run(context, asJson, atPeriodEnd ? 'ends with its period' : 'has ended', async (deps) =>
        atPeriodEnd
          ? orderSubscription(deps, { ...asked, kind: 'cancel_at_period_end' })
          : cancelSubscription(deps, asked),
      );
    });
}

function registerSeats(subscription: Command, context: CliContext): void {
  subscription
    .command('seats <subscription>')
    .description('another number of seats: new ones by the rule of the plan, fewer with the renewal')
    .requiredOption('--quantity <seats>', 'how many there are to be', seats)
    .requiredOption('--reason <text>', 'why')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'subscription seats sub_… --quantity 6 --reason "a new colleague"',
        'subscription seats sub_… --quantity 5 --reason SUP-7 --json',
      ),
    )
    .action(async (subscriptionId: string, { quantity, reason, json: asJson = false }: SeatsOptions) => {
      const order = { subscriptionId, kind: 'set_seats', quantity, reason, actor: ACTOR } as const;
      await run(context, asJson, `has ${quantity} seats`, async (deps) => orderSubscription(deps, order));
    });
}

async function run(
  context: CliContext,
  asJson: boolean,
  done: string,
  ask: (deps: Deps) => Promise<SubscriptionOrder | Cancellation | Refused>,
): Promise<void> {
  await withBooks(context, { stripe: true }, async (deps) => {
    const found = await ask(deps);
    if ('rejected' in found) return showRefusal(context, found, asJson);
    if (asJson) context.out(json('kind' in found ? shownSubscriptionOrder(found) : shownCancellation(found)));
    else context.say(sentence(found, done));
    return found.state === 'refused' ? EXIT.failed : EXIT.done;
  });
}

function sentence({ state, subscriptionId, waitsFor }: SubscriptionOrder | Cancellation, done: string): string {
  if (state === 'done') return `The subscription ${subscriptionId} ${done}.`;
  if (state === 'refused') return `Stripe refused it: ${waitsFor}`;
  return `On its way, by itself; it waits for: ${waitsFor ?? 'Stripe'}`;
}

/** A whole number of seats. */
export function seats(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a whole number of seats.');
}
