import { type Command, Option } from 'commander';

import { FINDING_STATES, shownEntry, shownFinding } from '../contract/shadow.ts';
import { formatNano } from '../domain/nano-money.ts';
import { SHADOW_KINDS, type ShadowKind } from '../domain/shadow.ts';
import { decideShadow, readRegistry } from '../operations/shadow/decide-shadow.ts';
import { findShadow, readFindings, type ShownFinding } from '../operations/shadow/find-shadow.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly state?: ShownFinding['state'];
  readonly as?: string;
  readonly json?: boolean;
}

interface DecideOptions extends Options {
  readonly owner?: string;
  readonly reason: string;
}

const AS = ['--as <person>', 'who you are, as in operators list (default: the command line itself)'] as const;

/** `creditpool shadow list | look | registry | register | block`. */
export function registerShadowCommands(program: Command, context: CliContext): void {
  const shadow = program
    .command('shadow')
    .description('models, keys, features and members that nobody here has registered, and what they cost')
    .addHelpText(
      'before',
      examples('shadow list', `shadow register model 'gpt-4o*' --owner ml@example.com --reason "the assistant"`),
    );
  registerLists(shadow, context);
  shadow
    .command('look')
    .description('look through everything that was ever recorded; a job looks at the last day every hour')
    .addHelpText('before', examples('shadow look', 'shadow look && creditpool shadow list'))
    .action(async () => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await findShadow(deps, 'ever');
        if (found.length > 0)
          context.out(
            table(
              ['kind', 'name'],
              found.map(({ kind, name }) => [kind, name]),
            ),
          );
        context.say(found.length === 0 ? 'Nothing that was not known before.' : 'Next: creditpool shadow list');
        return EXIT.done;
      });
    });
  registerDecision(shadow, context, 'register', 'registered', 'say who answers for it; what was found is acknowledged');
  registerDecision(shadow, context, 'block', 'blocked', 'refuse the next check or hold that names it');
}

function registerLists(shadow: Command, context: CliContext): void {
  shadow
    .command('list')
    .description(`what was found, with first seen, amount and owner (exit ${EXIT.checkFailed} while any is open)`)
    .addOption(new Option('--state <state>', 'only these').choices(FINDING_STATES))
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('shadow list', 'shadow list --state open --json'))
    .action(async ({ state, as: name, json: asJson = false }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await readFindings(deps, await actingAs(deps, name), { state: state ?? null });
        if ('rejected' in found) return showRefusal(context, found, asJson);
        if (asJson) context.out(json({ object: 'list', data: found.map(shownFinding) }));
        else if (found.length === 0)
          context.say('Nothing was found. Register one of a kind, and that kind is watched.');
        else
          context.out(table(['state', 'kind', 'name', 'first seen', 'uses', 'cost', 'owner'], found.map(row), [4, 5]));
        return found.some((one) => one.state === 'open') ? EXIT.checkFailed : EXIT.done;
      });
    });
  shadow
    .command('registry')
    .description('who is known and who is blocked')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('shadow registry', 'shadow registry --json'))
    .action(async ({ as: name, json: asJson = false }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const registry = await readRegistry(deps, await actingAs(deps, name));
        if ('rejected' in registry) return showRefusal(context, registry, asJson);
        if (asJson) context.out(json({ object: 'list', data: registry.map(shownEntry) }));
        else {
          const rows = registry.map((entry) => [entry.kind, entry.name, entry.state, entry.owner, entry.reason]);
          context.out(table(['kind', 'name', 'state', 'owner', 'reason'], rows));
        }
        return EXIT.done;
      });
    });
}

function registerDecision(
  shadow: Command,
  context: CliContext,
  verb: 'register' | 'block',
  state: 'registered' | 'blocked',
  description: string,
): void {
  shadow
    .command(verb)
    .description(description)
    .addArgument(shadow.createArgument('<kind>', SHADOW_KINDS.join(' | ')).choices(SHADOW_KINDS))
    .argument('<name>', 'as usage names it; with * at the end every name that begins so')
    .option('--owner <who>', 'who answers for it (default: the one there is, else you)')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(`shadow ${verb} model gpt-4o --reason "…"`, `shadow ${verb} key prod-2 --owner ops --reason "…"`),
    )
    .action(async (kind: ShadowKind, name: string, options: DecideOptions) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { owner = null, reason, json: asJson = false } = options;
        const acting = await actingAs(deps, options.as);
        const decided = await decideShadow(deps, acting, { kind, name, state, owner, reason });
        if ('rejected' in decided) return showRefusal(context, decided, asJson);
        if (asJson) context.out(json(shownEntry(decided)));
        context.say(`The ${kind} ${name} is ${decided.state}; ${decided.owner} answers for it.`);
        return EXIT.done;
      });
    });
}

function row({ state, kind, name, firstSeenAt, uses, costs, entry }: ShownFinding): readonly string[] {
  const cost = costs.map(
    ({ via, currency, nano }) => `${formatNano(nano)} ${currency}${via === 'usage' ? '' : ' billed'}`,
  );
  return [state, kind, name, firstSeenAt.toISOString(), String(uses), cost.join(', ') || '–', entry?.owner ?? '–'];
}
