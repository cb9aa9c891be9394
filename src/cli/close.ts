import { type Command, InvalidArgumentError } from 'commander';

import { shownClose, shownPeriod } from '../contract/accounting-periods.ts';
import { month as monthSchema } from '../contract/journal-exports.ts';
import { CONFIRMED_BY_HAND, type ConfirmedByHand } from '../domain/period-close.ts';
import type { Refused } from '../domain/rejection.ts';
import { prepareClose } from '../operations/close/prepare-close.ts';
import { type Close, listCloses, readClose } from '../operations/close/read-close.ts';
import {
  confirmClose,
  reopenClose,
  requestClose,
  signClose,
  withdrawClose,
} from '../operations/close/request-close.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs } from './acting.ts';
import { writeClosePack } from './close-pack.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly as: string;
  readonly json?: boolean;
  readonly what?: ConfirmedByHand;
  readonly note?: string;
  readonly reason?: string;
}

type Work = (deps: OpenBooks, acting: Acting, month: string, options: Options) => Promise<Close | Refused>;

/** `creditpool close list | show | prepare | confirm | request | withdraw | sign | reopen | pack`. */
export function registerCloseCommands(program: Command, context: CliContext): void {
  const close = program
    .command('close')
    .description('end a month of the books: proofs, two signatures, a freeze that the database keeps')
    .addHelpText(
      'before',
      examples('close show 2026-04 --as jane@example.com', 'close prepare 2026-04 --as jane@example.com'),
    );
  registerList(close, context);
  const act = (name: string, description: string, work: Work): Command =>
    registerAct(close, context, name, description, work);
  act('show', `the checklist (exit ${EXIT.checkFailed} while something is not done)`, async (deps, acting, month) =>
    readClose(deps, acting, month),
  );
  act('prepare', 'recognise revenue, reconcile everybody, seal the days that are over', async (deps, acting, month) => {
    const prepared = await prepareClose(deps, acting, { month, onProgress: (step) => context.say(step) });
    return 'rejected' in prepared ? prepared : prepared.close;
  });
  act('confirm', 'tick what happened in another system', async (deps, acting, month, { what, note = '' }) =>
    confirmClose(deps, acting, { month, what: what ?? 'journal_imported', note }),
  )
    .option('--what <item>', Object.keys(CONFIRMED_BY_HAND).join(' | '), 'journal_imported')
    .requiredOption('--note <text>', 'where it can be seen');
  act('request', 'the first signature', async (deps, acting, month) => requestClose(deps, acting, month));
  act('withdraw', 'take the first signature back', async (deps, acting, month) => withdrawClose(deps, acting, month));
  act('sign', 'the second signature, by somebody else: the month is frozen', async (deps, acting, month) =>
    signClose(deps, acting, { month }),
  );
  act('reopen', 'open the last closed month again', async (deps, acting, month, { reason = '' }) =>
    reopenClose(deps, acting, { month, reason }),
  ).requiredOption('--reason <text>', 'kept in the audit log');
  registerPack(close, context);
}

/** What an act asks for beside the month. */
const EXAMPLE_WORDS: Readonly<Record<string, string>> = {
  confirm: ' --note "QuickBooks, entry 4711"',
  reopen: ' --reason "an invoice came late"',
};

function registerAct(close: Command, context: CliContext, name: string, description: string, work: Work): Command {
  return close
    .command(name)
    .description(description)
    .argument('<month>', 'such as 2026-04', monthOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        `close ${name} 2026-04${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com`,
        `close ${name} 2026-04${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com --json`,
      ),
    )
    .action(async (month: string, options: Options) => {
      await withBooks(context, { stripe: name === 'prepare' }, async (deps) => {
        const done = await work(deps, await actingAs(deps, options.as), month, options);
        if ('rejected' in done) return showRefusal(context, done, options.json ?? false);
        if (options.json === true) context.out(json(shownClose(done)));
        else showClose(context, done);
        const isUndone = done.state === 'open' && done.checklist.some((item) => !item.done);
        return isUndone && name === 'show' ? EXIT.checkFailed : EXIT.done;
      });
    });
}

function showClose(context: CliContext, { month, state, requestedBy, closedBy, checklist }: Close): void {
  const rows = checklist.map(({ group, title, done, proof }) => [done ? 'yes' : 'NO', group, title, proof]);
  context.out(table(['', 'part', 'what must hold', 'proof'], rows));
  const signatures = [requestedBy, closedBy].filter((name) => name !== null).join(', ');
  context.say(`${month} is ${state}${signatures === '' ? '' : `; signed by ${signatures}`}.`);
}

function registerList(close: Command, context: CliContext): void {
  close
    .command('list')
    .description('months that were closed or begun, the newest first')
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('close list --as jane@example.com', 'close list --as … --json'))
    .action(async ({ as: name, json: asJson = false }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await listCloses(deps, await actingAs(deps, name), 100);
        if ('rejected' in found) return showRefusal(context, found, asJson);
        if (asJson) context.out(json({ object: 'list', data: found.map(shownPeriod) }));
        else {
          const rows = found.map(({ month, state, requestedBy, closedBy }) => [
            month,
            state,
            requestedBy ?? '',
            closedBy ?? '',
          ]);
          context.out(table(['month', 'state', 'asked by', 'signed by'], rows));
        }
        return EXIT.done;
      });
    });
}

function registerPack(close: Command, context: CliContext): void {
  close
    .command('pack')
    .description(
      'everything an auditor asks for as files: checklist, trial balance, roll-forward, variances, journal, hashes',
    )
    .argument('<month>', 'such as 2026-04', monthOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--out <folder>', 'where the files go', 'close')
    .addHelpText(
      'before',
      examples('close pack 2026-04 --as jane@example.com', 'close pack 2026-04 --as … --out april'),
    )
    .action(async (month: string, { as: name, out }: { as: string; out: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const written = await writeClosePack(deps, await actingAs(deps, name), { month, folder: out });
        if ('rejected' in written) return showRefusal(context, written, false);
        for (const path of written.paths) context.out(path);
        return EXIT.done;
      });
    });
}

function monthOf(text: string): string {
  const read = monthSchema.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('must be a month such as 2026-04');
  return read.data;
}
