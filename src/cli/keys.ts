import { randomBytes } from 'node:crypto';

import { type Command, InvalidArgumentError } from 'commander';

import { isScope, type Scope, SCOPES } from '../domain/scope.ts';
import { createApiKey } from '../operations/create-api-key.ts';
import { listApiKeys, revokeApiKey } from '../operations/manage-api-keys.ts';
import { operatorNamed } from '../operations/operators/manage-operators.ts';
import { pepperOf } from '../sandbox/local-secrets.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { withBooks } from './with-books.ts';

interface CreateOptions {
  readonly scope: readonly Scope[];
  readonly days: number;
  readonly operator?: string;
  readonly json?: boolean;
}

/** `creditpool keys create | list | revoke`. */
export function registerKeyCommands(program: Command, context: CliContext): void {
  const keys = program
    .command('keys')
    .description('API keys')
    .addHelpText('before', examples('keys create checkout --scope ingest', 'keys list'));
  keys
    .command('create')
    .description('make a key; its text is shown once')
    .argument('<name>', 'what it is for')
    .requiredOption('-s, --scope <scope>', `one of ${SCOPES.join(', ')}; repeat for more`, scope, [])
    .option('--days <days>', 'days until it expires', wholeDays, 365)
    .option('--operator <person>', 'who it acts for, with the roles of that person: subject or e-mail address')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('keys create checkout --scope ingest', 'keys create desk -s read -s support'))
    .action(async (name: string, { scope: scopes, days, operator, json: asJson = false }: CreateOptions) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const person = operator === undefined ? null : await operatorNamed(deps, operator);
        if (operator !== undefined && person === null) {
          context.say(`Nobody here is ${operator}; see: creditpool operators list`);
          return EXIT.notFound;
        }
        const { config } = context;
        const at = new Date();
        const { apiKeyId, text } = await createApiKey(deps, {
          name,
          scopes,
          livemode: config.stripe.mode === 'live',
          pepper: pepperOf(config),
          randomness: randomBytes(41),
          at,
          expiresAt: new Date(at.getTime() + days * 86_400_000),
          ...(person !== null && { operatorSubject: person.subject }),
        });
        context.out(asJson ? json({ object: 'api_key', id: apiKeyId, key: text, scopes }) : text);
        context.say(`Keep it: it is not shown again. Revoke it with: creditpool keys revoke ${apiKeyId}`);
        return EXIT.done;
      });
    });
  registerListing(keys, context);
}

function registerListing(keys: Command, context: CliContext): void {
  keys
    .command('list')
    .description('all keys, without their secrets')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('keys list', 'keys list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const shown = (await listApiKeys(deps)).map((key) => ({
          id: key.apiKeyId,
          name: key.name,
          key: `cp_${key.livemode ? 'live' : 'test'}_…${key.lastFour}`,
          scopes: key.scopes.join(' '),
          expires: key.expiresAt?.toISOString() ?? 'never',
          revoked: key.revokedAt?.toISOString() ?? '',
        }));
        if (asJson) context.out(json({ object: 'list', data: shown }));
        else {
          const columns = ['id', 'name', 'key', 'scopes', 'expires', 'revoked'] as const;
          context.out(
            table(
              columns,
              shown.map((key) => columns.map((column) => key[column])),
            ),
          );
        }
        return EXIT.done;
      });
    });
  keys
    .command('revoke')
    .description('end a key for good, within seconds everywhere')
    .argument('<id>', 'as in keys list')
    .addHelpText('before', examples('keys revoke 0c1d2e3f4a5b', 'keys list'))
    .action(async (id: string) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const revoked = await revokeApiKey(deps, id);
        context.say(
          revoked ? `${id} is revoked.` : `There is no key ${id} that still works; see: creditpool keys list`,
        );
        return revoked ? EXIT.done : EXIT.notFound;
      });
    });
}

function scope(text: string, known: readonly Scope[]): readonly Scope[] {
  if (!isScope(text)) throw new InvalidArgumentError(`scopes are ${SCOPES.join(', ')}.`);
  return [...known, text];
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3_650)
    throw new InvalidArgumentError('write whole days from 1 to 3650.');
  return days;
}
