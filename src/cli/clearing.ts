import { type Command, Option } from 'commander';

import { shownClearing } from '../contract/clearing.ts';
import { formatScaled } from '../domain/amount.ts';
import type { OpenClearing } from '../domain/clearing.ts';
import { minorPlaces } from '../domain/currency.ts';
import { listClearing } from '../operations/list-clearing.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { settleClearing } from '../operations/settle-clearing.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

/** `creditpool ledger clearing | settle`. */
export function registerClearing(ledger: Command, context: CliContext): void {
  ledger
    .command('clearing')
    .description('what stands open in the clearing accounts, with its age and what closes it')
    .argument('[customer]', 'only one: cus_… or ext:…')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('ledger clearing', 'ledger clearing ext:acme --json'))
    .action(async (name: string | undefined, { json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const customer = name === undefined ? null : await findCustomer(deps, name);
        if (customer !== null && 'rejected' in customer) return showRefusal(context, customer, asJson);
        const open = await listClearing(deps, customer);
        if (asJson) context.out(json({ object: 'list', data: open.map(shownClearing) }));
        else if (open.length === 0) context.say('Every clearing account is at zero.');
        else context.out(table(['days', 'account', 'object', 'amount', 'what'], open.map(row), [0, 3]));
        return EXIT.done;
      });
    });
  ledger
    .command('settle')
    .description("close an open amount that the company's own bank account paid or received")
    .argument('<customer>', 'cus_… or ext:…')
    .argument('<object>', 'what ledger clearing names: re_…, in_…, inpay_…, cn_…')
    .addOption(new Option('--reason <text>', 'what the bank statement says').makeOptionMandatory())
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'ledger settle ext:acme re_3Q --reason "wire of 3 May, ref 4711"',
        'ledger settle ext:acme re_3Q --reason "the bank paid" --json',
      ),
    )
    .action(async (customer: string, object: string, { reason, json: asJson = false }: Settle) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const settled = await settleClearing(deps, { customer, object, reason, actor: 'cli' });
        if ('rejected' in settled) return showRefusal(context, settled, asJson);
        const { account, currency, balanceMinor } = settled.settled;
        if (asJson) context.out(json({ object: 'settled_clearing', account, stripe_object: object, balanceMinor }));
        else context.say(`${amount(balanceMinor, currency)} of ${object} closed in ${account}.`);
        return EXIT.done;
      });
    });
}

interface Settle {
  readonly reason: string;
  readonly json?: boolean;
}

function row({ days, account, object, balanceMinor, currency, what }: OpenClearing): readonly string[] {
  return [String(days), account, object, amount(balanceMinor, currency), what];
}

function amount(minor: bigint, currency: string): string {
  return `${formatScaled(minor, minorPlaces(currency) ?? 0)} ${currency}`;
}
