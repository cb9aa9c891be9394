import { once } from 'node:events';
import { open, rename } from 'node:fs/promises';

import { type Command, Option } from 'commander';

import { spanOf, statementExportQuery, statementHead, statementText } from '../contract/statement-exports.ts';
import {
  STATEMENT_FORMATS,
  STATEMENT_KINDS,
  type StatementFormat,
  type StatementKind,
} from '../domain/statement-export.ts';
import { exportStatement } from '../operations/export-statement.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const WHAT: Readonly<Record<StatementKind, string>> = {
  ledger: 'every posting of a month or a span',
  usage: 'every usage event of a month or a span, with what it cost',
  customers: "each customer's accounts: what they opened with, what came in and went out, what they closed with",
};

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly format: StatementFormat;
  readonly recordedBefore?: string;
  readonly customer?: string;
  readonly out?: string;
}

/** `creditpool export ledger | usage | customers`. */
export function registerStatementExports(group: Command, context: CliContext): void {
  for (const kind of STATEMENT_KINDS) register(group, context, kind);
}

function register(group: Command, context: CliContext, kind: StatementKind): void {
  group
    .command(kind)
    .description(`${WHAT[kind]}; to standard output`)
    .argument('[month]', 'such as 2026-04')
    .option('--from <instant>', 'instead of a month: its first instant')
    .option('--to <instant>', 'and the first that is not in it')
    .addOption(new Option('--format <format>', 'of the file').choices(STATEMENT_FORMATS).default('csv'))
    .option('--recorded-before <instant>', 'as an earlier export has said it: the same file again')
    .option('--customer <name>', 'only one: cus_… or ext:…')
    .option('-o, --out <file>', 'instead of standard output; it is there whole or not at all')
    .addHelpText(
      'before',
      examples(`export ${kind} 2026-04 > ${kind}.csv`, `export ${kind} 2026-04 --format jsonl -o ${kind}.jsonl`),
    )
    .action(async (month: string | undefined, { from, to, format, recordedBefore, customer, out }: Options) => {
      const asked = statementExportQuery.safeParse({
        format,
        ...(month !== undefined && { month }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(recordedBefore !== undefined && { recorded_before: recordedBefore }),
        ...(customer !== undefined && { customer }),
      });
      if (!asked.success) {
        for (const { path, message } of asked.error.issues) context.say(`${path.map(String).join('.')}: ${message}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      const { data } = asked;
      const span = spanOf({
        ...(data.month !== undefined && { month: data.month }),
        ...(data.from !== undefined && { from: data.from }),
        ...(data.to !== undefined && { to: data.to }),
      });
      await withBooks(context, { stripe: false }, async (deps) => {
        const before = data.recorded_before ?? null;
        const made = await exportStatement(deps, {
          kind,
          ...span,
          recordedBefore: before,
          customer: data.customer ?? null,
        });
        if ('rejected' in made) return showRefusal(context, made, false);
        const target = await openTarget(out);
        await target.write(statementHead(kind, format));
        const rows = await made.stream(async (batch) => target.write(statementText(kind, format, batch)));
        await target.close();
        context.say(`${rows} rows. The same again: --recorded-before ${made.recordedBefore.toISOString()}`);
        return EXIT.done;
      });
    });
}

interface Target {
  readonly write: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A file gets its name when it is whole. */
async function openTarget(path: string | undefined): Promise<Target> {
  if (path === undefined) {
    return {
      write: async (text) => {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      },
      close: async () => undefined,
    };
  }
  const file = await open(`${path}.part`, 'w');
  return {
    write: async (text) => file.appendFile(text),
    close: async () => {
      await file.sync();
      await file.close();
      await rename(`${path}.part`, path);
    },
  };
}
