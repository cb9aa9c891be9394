import type { Command } from 'commander';

import { askForTrueUp } from '../operations/ask-for-true-up.ts';
import { findCustomer } from '../operations/read-customer.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { registerStripeImportCommand } from './stripe-import.ts';
import { showRefusal, withBooks } from './with-books.ts';

/** `creditpool stripe import | true-up`: taking over what stands at Stripe, and putting it right again. */
export function registerStripeCommands(program: Command, context: CliContext): void {
  const stripe = program
    .command('stripe')
    .description('what stands at Stripe')
    .addHelpText('before', examples('stripe import --dry-run', 'stripe true-up ext:acme'));
  registerStripeImportCommand(stripe, context);
  stripe
    .command('true-up')
    .description("make a customer's credit grants at Stripe fit the lots again, whoever changed them there")
    .argument('<customer>', 'cus_… or ext:…')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('stripe true-up ext:acme', 'stripe true-up cus_123 --json'))
    .action(async (name: string, { json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: true }, async (deps) => {
        const customer = await findCustomer(deps, name);
        if ('rejected' in customer) return showRefusal(context, customer, asJson);
        const { pools, endedThere } = await askForTrueUp(deps, customer);
        if (asJson) context.out(json({ object: 'true_up', pools, ended_there: endedThere }));
        else {
          for (const id of endedThere) context.out(`${id} was ended at Stripe by another hand`);
          context.say(`${pools} pool${pools === 1 ? '' : 's'} will be trued up by the next relay.`);
        }
        return EXIT.done;
      });
    });
}
