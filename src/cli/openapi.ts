import type { Command } from 'commander';

import { apiDocument } from '../billing.ts';
import type { CliContext } from './context.ts';
import { examples, json } from './output.ts';

/** `creditpool openapi`: the document of the API, without starting anything. */
export function registerOpenApiCommand(program: Command, { config, out }: CliContext): void {
  program
    .command('openapi')
    .description('print the OpenAPI 3.1 document of the API')
    .option('--url <url>', 'where the API is reached', config.publicUrl)
    .addHelpText('before', examples('openapi', 'openapi --url https://billing.example.com'))
    .action(({ url }: { url: string }) => out(json(apiDocument(url))));
}
