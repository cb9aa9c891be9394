import { type Command, InvalidArgumentError } from 'commander';

import { isRole, type Role, ROLES } from '../domain/operator.ts';
import {
  changeRoles,
  listOperators,
  operatorNamed,
  rememberOperator,
} from '../operations/operators/manage-operators.ts';
import { COMMAND_LINE } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface SetOptions {
  readonly role: readonly Role[];
  readonly name?: string;
  readonly email?: string;
  readonly disable?: boolean;
  readonly reason: string;
}

/** `creditpool operators list | set`. */
export function registerOperatorCommands(program: Command, context: CliContext): void {
  const operators = program
    .command('operators')
    .description('the people who work here, and their roles')
    .addHelpText(
      'before',
      examples('operators list', "operators set jane@example.com --role support --reason 'new at the desk'"),
    );
  operators
    .command('list')
    .description('everybody, with roles')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('operators list', 'operators list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const people = await listOperators(deps, COMMAND_LINE);
        if ('rejected' in people) return showRefusal(context, people, asJson);
        const rows = people.map(({ subject, name, email, roles, disabled }) => ({
          subject,
          name,
          email: email ?? '',
          roles: roles.join(' ') || 'none',
          state: disabled ? 'disabled' : 'active',
        }));
        const columns = ['subject', 'name', 'email', 'roles', 'state'] as const;
        const cells = rows.map((row) => columns.map((column) => row[column]));
        context.out(asJson ? json({ object: 'list', data: rows }) : table(columns, cells));
        return EXIT.done;
      });
    });
  operators
    .command('set')
    .description('give a person exactly these roles; who is new is added')
    .argument('<subject>', 'as the sign-in names the person, or the e-mail address of somebody known')
    .option('-r, --role <role>', `one of ${ROLES.join(', ')}; repeat for more; none takes all away`, role, [])
    .option('--name <name>', 'how others see the person')
    .option('--email <address>', 'where the person is reached')
    .option('--disable', 'signs in no more')
    .requiredOption('--reason <text>', 'why; it is kept in the audit log')
    .addHelpText(
      'before',
      examples(
        "operators set jane@example.com --role support --reason 'new at the desk'",
        "operators set jane@example.com --role support --role approver --reason 'leads the desk now'",
      ),
    )
    .action(async (named: string, options: SetOptions) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const known = await operatorNamed(deps, named);
        const { name = known?.name ?? named, email = known?.email ?? (named.includes('@') ? named : null) } = options;
        const { subject } = await rememberOperator(deps, { subject: known?.subject ?? named, name, email });
        const { role: roles, disable: disabled = false, reason } = options;
        const changed = await changeRoles(deps, COMMAND_LINE, { subject, roles, disabled, reason });
        if ('rejected' in changed) return showRefusal(context, changed, false);
        context.say(
          `${changed.name} has ${changed.roles.join(', ') || 'no role'}${disabled ? ' and is disabled' : ''}.`,
        );
        return EXIT.done;
      });
    });
}

function role(text: string, known: readonly Role[]): readonly Role[] {
  if (!isRole(text)) throw new InvalidArgumentError(`roles are ${ROLES.join(', ')}.`);
  return [...known, text];
}
