import type { Command } from 'commander';

import { shownPlanChange } from '../contract/plan-changes.ts';
import { changePlan, type PlanChange } from '../operations/change-plan.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { registerSubscriptionOrders, seats } from './subscription-orders.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly plan: string;
  readonly quantity?: number | null;
  readonly atPeriodEnd?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

const ACTOR = 'operator';

/** `creditpool subscription …`: what people ask of subscriptions at Stripe. */
export function registerSubscriptionCommands(program: Command, context: CliContext): void {
  const subscription = program
    .command('subscription')
    .description('subscriptions at Stripe')
    .addHelpText(
      'before',
      examples(
        'subscription change-plan sub_… --plan solo --reason upgrade',
        'subscription change-plan sub_… --plan starter --at-period-end --reason "asked for less"',
      ),
    );
  subscription
    .command('change-plan <subscription>')
    .description('move to another plan now: use so far is billed at the old price, the fee is prorated')
    .requiredOption('--plan <name>', 'the plan to move to, in its newest version')
    .requiredOption('--reason <text>', 'why')
    .option('--quantity <seats>', 'seats; as many as now where nothing is said', seats)
    .option('--at-period-end', 'with the renewal: nothing is prorated, the running period stays as it is')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'subscription change-plan sub_… --plan solo --reason upgrade',
        'subscription change-plan sub_… --plan starter --at-period-end --reason "asked for less"',
      ),
    )
    .action(async (subscriptionId: string, options: Options) => {
      const { plan, quantity = null, reason, atPeriodEnd = false, json: asJson = false } = options;
      const starts = atPeriodEnd ? 'period_end' : 'now';
      await withBooks(context, { stripe: true }, async (deps) => {
        const found = await changePlan(deps, { subscriptionId, plan, quantity, starts, reason, actor: ACTOR });
        if ('rejected' in found) return showRefusal(context, found, asJson);
        if (asJson) context.out(json(shownPlanChange(found, plan)));
        else context.say(sentence(found, plan));
        return found.state === 'refused' ? EXIT.failed : EXIT.done;
      });
    });
  registerSubscriptionOrders(subscription, context);
}

function sentence({ state, starts, waitsFor }: PlanChange, plan: string): string {
  if (state === 'done' && starts === 'period_end') return `The subscription moves to plan ${plan} with its renewal.`;
  if (state === 'done') return `The subscription is on plan ${plan} now.`;
  if (state === 'refused') return `Stripe refused the change: ${waitsFor}`;
  return `On its way to plan ${plan}, by itself; it waits for: ${waitsFor ?? 'Stripe'}`;
}
