import { Command, CommanderError } from 'commander';

import { type Config, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { openBooks } from '../sandbox/open-books.ts';
import { VERSION } from '../server.ts';
import { registerBackfillCommand } from './backfill.ts';
import { registerCaseCommands } from './cases.ts';
import { registerCloseCommands } from './close.ts';
import { registerCompletionCommand } from './completion.ts';
import { registerConsoleCommands } from './console.ts';
import type { CliContext } from './context.ts';
import { registerDatabaseCommands } from './db.ts';
import { registerDemoCommand } from './demo.ts';
import { registerDoctorCommand } from './doctor.ts';
import { EXIT, exitCodeOfFailure } from './exit-codes.ts';
import { registerExplainCommands } from './explain.ts';
import { registerExportCommands } from './export.ts';
import { registerHeldCommands } from './held.ts';
import { registerHoldCommands } from './holds.ts';
import { registerInitCommand } from './init.ts';
import { registerKeyCommands } from './keys.ts';
import { registerLaunchCommands } from './launch.ts';
import { registerLedgerCommands } from './ledger.ts';
import { registerMigrationCommands } from './migration.ts';
import { registerOpenApiCommand } from './openapi.ts';
import { registerOpeningBalancesCommand } from './opening-balances.ts';
import { registerOperatorCommands } from './operators.ts';
import { examples } from './output.ts';
import { registerParkedCommands } from './parked.ts';
import { registerPlanCommands } from './plan.ts';
import { registerPolicyCommand } from './policy.ts';
import { registerPriceCommands } from './prices.ts';
import { registerBillCommands } from './provider-bills.ts';
import { registerQuarantineCommands } from './quarantine.ts';
import { registerReconcileCommand } from './reconcile.ts';
import { registerReportCommands } from './report.ts';
import { registerRollUpCommand } from './roll-up.ts';
import { registerShadowCommands } from './shadow.ts';
import { registerSimulatorCommands } from './sim.ts';
import { registerSimulateCommand } from './simulate.ts';
import { registerStartCommands } from './start.ts';
import { registerStripeCommands } from './stripe.ts';
import { registerSubscriptionCommands } from './subscriptions.ts';
import { registerUpgradeNotesCommand } from './upgrade-notes.ts';
import { registerUsageCommands } from './usage.ts';
import { registerVarianceCommands } from './variances.ts';
import { registerWebhookCommands } from './webhooks.ts';

const COMMANDS = [
  registerStartCommands,
  registerDemoCommand,
  registerUsageCommands,
  registerExplainCommands,
  registerHoldCommands,
  registerBackfillCommand,
  registerQuarantineCommands,
  registerRollUpCommand,
  registerInitCommand,
  registerPlanCommands,
  registerPolicyCommand,
  registerLaunchCommands,
  registerPriceCommands,
  registerSimulateCommand,
  registerBillCommands,
  registerShadowCommands,
  registerMigrationCommands,
  registerSubscriptionCommands,
  registerLedgerCommands,
  registerReconcileCommand,
  registerVarianceCommands,
  registerReportCommands,
  registerCaseCommands,
  registerOperatorCommands,
  registerExportCommands,
  registerCloseCommands,
  registerKeyCommands,
  registerWebhookCommands,
  registerParkedCommands,
  registerConsoleCommands,
  registerDatabaseCommands,
  registerSimulatorCommands,
  registerStripeCommands,
  registerHeldCommands,
  registerOpeningBalancesCommand,
  registerDoctorCommand,
  registerOpenApiCommand,
  registerUpgradeNotesCommand,
  registerCompletionCommand,
];

/** Runs one command line; what goes wrong is one line on stderr and an exit code. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  // A reader that went away (`| head`) is no reason to leave a temporary directory behind.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);
  try {
    await program(contextOf(readConfig(), say)).parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it already; asking for help or the version is no failure.
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUsage;
      return;
    }
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = exitCodeOfFailure(error);
  }
}

function ignoreBrokenPipe(error: Error): void {
  if (!('code' in error && error.code === 'EPIPE')) throw error;
}

/** Every command as it is without settings, to be read about; nothing of it may be run. */
export function commandTable(): Command {
  return program(contextOf(readConfig({}), () => undefined));
}

/** The table of commands. */
export function program(context: CliContext): Command {
  const root = new Command('creditpool')
    .description('credit pools for SaaS teams that are already on Stripe')
    .version(VERSION)
    .addHelpText('before', examples('dev', 'check ext:acme report.generate'))
    .showHelpAfterError('(see: creditpool --help)')
    .exitOverride();
  for (const register of COMMANDS) register(root, context);
  return root;
}

function contextOf(config: Config, say: (text: string) => void): CliContext {
  const log = createLog({ level: config.logLevel === 'info' ? 'warn' : config.logLevel, to: 'stderr' });
  return {
    config,
    openDeps: async () => openBooks({ config, log, withStripe: true }),
    out: (data) => {
      process.stdout.write(`${data}\n`);
    },
    say,
  };
}
