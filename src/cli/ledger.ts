import type { Command } from 'commander';

import { findCustomer } from '../operations/read-customer.ts';
import { verifyLedger } from '../operations/verify-ledger.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

/** `creditpool ledger verify`. */
export function registerLedgerCommands(program: Command, context: CliContext): void {
  const ledger = program.command('ledger').description('the books').addHelpText('before', examples('ledger verify'));
  ledger
    .command('verify')
    .description('compute every balance, lot and hold again from the postings; changes nothing')
    .argument('[customer]', 'only one: cus_… or ext:…')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('ledger verify', 'ledger verify ext:acme --json'))
    .action(async (name: string | undefined, { json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const customer = name === undefined ? null : await findCustomer(deps, name);
        if (customer !== null && 'rejected' in customer) return showRefusal(context, customer, asJson);
        const proof = await verifyLedger(deps, customer === null ? {} : { customer });
        if (asJson) context.out(json({ object: 'ledger_verification', ...proof }));
        else {
          for (const breach of proof.breaches) context.out(json(breach));
          context.out(
            `${proof.verified ? 'The books balance' : `${proof.breaches.length} breaches`}: ${proof.entries} entries, ${proof.postings} postings.`,
          );
        }
        return proof.verified ? EXIT.done : EXIT.checkFailed;
      });
    });
}
