import type { Command } from 'commander';

import { runDemo } from '../demo/run-demo.ts';
import type { CliContext } from './context.ts';
import { examples } from './output.ts';

/** `creditpool demo`: the whole line in one go, in a temporary directory that is removed afterwards. */
export function registerDemoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description(
      'the whole line in one go: sign-up, usage, invoice, credit note, reconciliation; leaves nothing behind',
    )
    .option('--usage <file>', 'CSV with TIMESTAMP,ContextTokens,GeneratedTokens (default: a generated sample)')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('demo', 'demo --usage requests.csv --json'))
    .action(async ({ usage, json = false }: { usage?: string; json?: boolean }) => {
      process.exitCode = await runDemo({ usage: usage ?? null, json, out: context.out, say: context.say });
    });
}
