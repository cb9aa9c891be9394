import type { Command } from 'commander';

import { linkLine } from '../sandbox/banner.ts';
import { readLocalSecrets } from '../sandbox/local-secrets.ts';
import { printSignInLinks } from '../sandbox/sign-in-links.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { withBooks } from './with-books.ts';

/** `creditpool console links`: new links into the console of a sandbox. */
export function registerConsoleCommands(program: Command, context: CliContext): void {
  const group = program
    .command('console')
    .description('the pages for support at /admin')
    .addHelpText('before', examples('console links', 'console links --json'));
  group
    .command('links')
    .description('new links that sign the people of a sandbox in, once each')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('console links', 'console links --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      if (context.config.stripe.mode !== 'sandbox') {
        context.say('Links are for sandboxes. Elsewhere people sign in by OIDC or a proxy: docs/console.md says how.');
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const { config } = context;
        const origin = readLocalSecrets(config.directory).values['CREDITPOOL_URL'] ?? config.publicUrl;
        const links = await printSignInLinks(deps, origin);
        context.out(asJson ? json({ object: 'list', data: links }) : links.map(linkLine).join('\n'));
        return EXIT.done;
      });
    });
}
