import type { Command } from 'commander';

import { findCustomer } from '../operations/read-customer.ts';
import { listSealRoots, sealLedger, type SealRoot } from '../operations/seal-ledger.ts';
import { verifyLedger } from '../operations/verify-ledger.ts';
import { registerClearing } from './clearing.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { readRoots } from './seal-roots-file.ts';
import { showRefusal, withBooks } from './with-books.ts';

/** `creditpool ledger verify | clearing | settle | seal | roots`. */
export function registerLedgerCommands(program: Command, context: CliContext): void {
  const ledger = program
    .command('ledger')
    .description('the books')
    .addHelpText('before', examples('ledger verify', 'ledger roots'));
  registerVerify(ledger, context);
  registerClearing(ledger, context);
  registerSeals(ledger, context);
}

function registerVerify(ledger: Command, context: CliContext): void {
  ledger
    .command('verify')
    .description('compute every balance, lot and hold again from the postings; changes nothing')
    .argument('[customer]', 'only one: cus_… or ext:…')
    .option('--roots <file>', 'hold the seals against roots that were exported before (see: ledger roots)')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('ledger verify', 'ledger verify ext:acme --json', 'ledger verify --roots roots.jsonl'),
    )
    .action(async (name: string | undefined, { json: asJson = false, roots }: { json?: boolean; roots?: string }) => {
      const exported = roots === undefined ? [] : await readRoots(roots);
      if ('message' in exported) {
        context.say(exported.message);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const customer = name === undefined ? null : await findCustomer(deps, name);
        if (customer !== null && 'rejected' in customer) return showRefusal(context, customer, asJson);
        const proof = await verifyLedger(deps, { exportedRoots: exported, ...(customer !== null && { customer }) });
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

function registerSeals(ledger: Command, context: CliContext): void {
  ledger
    .command('seal')
    .description('seal the days that are over; the service does so every night')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('ledger seal', 'ledger seal --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const roots = await sealLedger(deps);
        if (asJson) context.out(json({ object: 'list', data: roots }));
        else context.say(roots.length === 0 ? 'Every day that is over is sealed.' : `${roots.length} days sealed.`);
        return EXIT.done;
      });
    });
  ledger
    .command('roots')
    .description('the root of each sealed day: keep them where nobody who owns the database can write')
    .option('--since <day>', 'this day (YYYY-MM-DD) and later ones only')
    .option('--json', 'a JSON document a line, as ledger verify --roots reads it')
    .addHelpText('before', examples('ledger roots', 'ledger roots --json >> roots.jsonl'))
    .action(async ({ json: asJson = false, since }: { json?: boolean; since?: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const roots = await listSealRoots(deps, since);
        if (asJson) for (const root of roots) context.out(json(root));
        else context.out(table(['day', 'customers', 'records', 'root'], roots.map(rootRow), [1, 2]));
        return EXIT.done;
      });
    });
}

function rootRow({ day, customers, records, root }: SealRoot): readonly string[] {
  return [day, String(customers), String(records), root];
}
