import type { Command } from 'commander';

import { runServer } from '../server.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples } from './output.ts';

/** `creditpool dev | start`. */
export function registerStartCommands(program: Command, context: CliContext): void {
  program
    .command('dev')
    .description('everything in one: embedded PostgreSQL, simulated Stripe, sample data')
    .addHelpText('before', examples('dev', 'start'))
    .action(async () => runServer(context.out));
  program
    .command('start')
    .description('the service, on your own PostgreSQL and Stripe account')
    .option('--allow-embedded', 'also with the embedded parts')
    .addHelpText('before', examples('start', 'start --allow-embedded'))
    .action(async ({ allowEmbedded = false }: { allowEmbedded?: boolean }) => {
      const { databaseUrl, stripe } = context.config;
      const missing = [
        ...(databaseUrl === undefined ? ['DATABASE_URL'] : []),
        ...(stripe.secretKey === undefined ? ['STRIPE_SECRET_KEY'] : []),
      ];
      if (missing.length > 0 && !allowEmbedded) {
        context.say(`${missing.join(' and ')} not set; set them, or say --allow-embedded, or: creditpool dev`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await runServer(context.out);
    });
}
