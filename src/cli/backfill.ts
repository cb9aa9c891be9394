import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import type { Command } from 'commander';

import { backfillLine } from '../contract/backfill-report.ts';
import { backfilledEvent, toTracked } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import {
  type BackfillEvent,
  type BackfillReport,
  backfillUsage,
  previewBackfill,
} from '../operations/backfill-usage.ts';
import { startExecutor } from '../operations/executor.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly reason: string;
  readonly ticket: string;
  readonly json?: boolean;
}

interface BadLine {
  readonly line: number;
  readonly message: string;
}

/** `creditpool backfill FILE`. */
export function registerBackfillCommand(program: Command, context: CliContext): void {
  program
    .command('backfill')
    .description('record usage of the past from a file, however old it is; what is recorded already is left alone')
    .argument('<file>', 'usage events as JSON lines, as POST /v1/track takes them, each with occurred_at')
    .requiredOption('--reason <text>', 'why it comes so late; kept with the entries')
    .requiredOption('--ticket <id>', 'where that was decided')
    .option('--dry-run', 'show what would be burned, by customer and period, and change nothing')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        `backfill april.jsonl --dry-run --reason 'queue was down' --ticket OPS-7`,
        `backfill april.jsonl --reason 'queue was down' --ticket OPS-7`,
      ),
    )
    .action(async (file: string, options: Options) => {
      const read = await readEvents(file);
      if ('unreadable' in read) {
        context.say(read.unreadable);
        process.exitCode = EXIT.notFound;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const { events } = read;
        const cause = { actor: 'operator', reason: `backfill: ${options.reason} (${options.ticket})` };
        const onProgress = (done: number): void => {
          context.say(`${done} of ${events.length} events (${Math.floor((done * 100) / events.length)} %)`);
        };
        const asked = { events, cause, onProgress };
        const report =
          options.dryRun === true
            ? await previewBackfill(deps, asked)
            : await backfillUsage({ deps, executor: startExecutor(deps) }, asked);
        const bad = [
          ...read.bad,
          ...report.refused.map(({ index, refusal }) => ({
            line: read.lines[index] ?? 0,
            message: refusal.rejected.message,
          })),
        ].toSorted((a, b) => a.line - b.line);
        show(context, report, bad, options);
        return bad.length === 0 ? EXIT.done : EXIT.checkFailed;
      });
    });
}

const BAD_SHOWN_MAX = 20;

function show(context: CliContext, report: BackfillReport, bad: readonly BadLine[], options: Options): void {
  const dryRun = options.dryRun === true;
  const { duplicates, observed } = report;
  const lines = report.lines.map((line) => backfillLine(line, formatCredits));
  if (options.json === true) {
    context.out(
      json({
        object: 'backfill',
        dry_run: dryRun,
        data: lines,
        duplicates,
        observed,
        rejected: bad.length,
        errors: bad,
      }),
    );
    return;
  }
  const rows = lines.map((line) => [
    line.customer,
    day(line.period.starts_at),
    day(line.period.ends_at),
    line.used_in,
    String(line.events),
    line.credits,
    line.overage,
    line.debt,
    line.unfunded_credits,
  ]);
  const columns = ['customer', 'paid from', 'until', 'used in', 'events', 'credits', 'overage', 'debt', 'unfunded'];
  if (rows.length > 0) context.out(table(columns, rows, [4, 5, 6, 7, 8]));
  for (const { line, message } of bad.slice(0, BAD_SHOWN_MAX)) context.say(`line ${line}: ${message}`);
  if (bad.length > BAD_SHOWN_MAX) context.say(`and ${bad.length - BAD_SHOWN_MAX} more lines`);
  if (observed > 0) context.say(`${observed} stored beside the balances: their action is not enforced.`);
  context.say(`${duplicates} recorded before, ${bad.length} refused.${dryRun ? ' Nothing was changed.' : ''}`);
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

interface EventFile {
  readonly events: readonly BackfillEvent[];
  /** Line of the file of each event. */
  readonly lines: readonly number[];
  readonly bad: readonly BadLine[];
}

async function readEvents(file: string): Promise<EventFile | { readonly unreadable: string }> {
  const [events, lines, bad]: [BackfillEvent[], number[], BadLine[]] = [[], [], []];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      const read = readEvent(text);
      if ('message' in read) bad.push({ line, message: read.message });
      else {
        events.push(read);
        lines.push(line);
      }
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { unreadable: `${file} cannot be read (${String(error.code)}); give a file of JSON lines` };
  }
  return { events, lines, bad };
}

function readEvent(text: string): BackfillEvent | { readonly message: string } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { message: 'is no JSON object' };
    throw error;
  }
  const read = backfilledEvent.safeParse(content);
  if (read.success) return { ...toTracked(read.data), occurredAt: read.data.occurred_at };
  const [issue] = read.error.issues;
  return { message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}` };
}
