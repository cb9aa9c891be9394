import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { shownPack } from '../contract/health-packs.ts';
import { month } from '../contract/journal-exports.ts';
import { planName } from '../contract/simulations.ts';
import type { Refused } from '../domain/rejection.ts';
import type { Deps } from '../operations/deps.ts';
import {
  issueHealthPack,
  type IssuedPack,
  listHealthPacks,
  previewHealthPack,
  readHealthPackFile,
} from '../operations/health-pack/issue-pack.ts';
import type { Candidate } from '../operations/simulation/candidate.ts';
import { healthPackFiles } from '../reports/health-pack/files.ts';
import { readCatalogueFile } from './catalogue-file.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly period: string;
  readonly format: readonly string[];
  readonly out: string;
  readonly plan?: Candidate;
  readonly catalogue?: string;
  readonly preview?: boolean;
  readonly json?: boolean;
}

const FORMATS = ['html', 'md', 'csv', 'json'];

/** `creditpool report health-pack | list`. */
export function registerHealthPackCommands(group: Command, context: CliContext): void {
  group
    .command('health-pack')
    .description(
      'issue a month’s pack, once and for ever, and write its files; a month that has one gives the same again',
    )
    .requiredOption('--period <month>', 'such as 2026-06', toMonth)
    .option('--format <formats>', 'which files: html,md,csv,json', toFormats, FORMATS)
    .option('--out <folder>', 'where the files go', 'reports')
    .option(
      '--plan <plan>',
      'the model that bills are set beside: a plan (team), or one of its versions (team@3)',
      toPlan,
    )
    .option('--catalogue <file>', 'a catalogue, which need not be pushed, as that model')
    .addOption(new Option('--preview', 'make it without issuing it, also of a month that is not over'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'report health-pack --period 2026-06 --out packs',
        'report health-pack --period 2026-07 --preview --format md',
      ),
    )
    .action(async (options: Options) => {
      const candidate = await candidateOf(options);
      if (candidate !== null && 'findings' in candidate) {
        for (const { path, message, fix } of candidate.findings) context.say(`${path}: ${message} ${fix}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        if (options.preview === true) return preview(context, deps, options, candidate);
        return issue(context, deps, options, candidate);
      });
    });
  group
    .command('list')
    .description('the packs that were issued, the newest first')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('report list', 'report list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const packs = await listHealthPacks(deps, { limit: 100 });
        if (asJson) context.out(json({ object: 'list', data: packs.map(shownPack) }));
        else context.out(table(['month', 'verdict', 'issued', 'by', 'hash'], packs.map(row)));
        return EXIT.done;
      });
    });
}

function row({ month: of, verdict, issuedAt, issuedBy, hash }: IssuedPack): readonly string[] {
  return [of, verdict, issuedAt.toISOString(), issuedBy, hash.slice(0, 12)];
}

async function issue(context: CliContext, deps: Deps, options: Options, candidate: Candidate | null): Promise<number> {
  const asked = { month: options.period, candidate, by: 'cli', render: healthPackFiles };
  const pack = await issueHealthPack(deps, asked);
  if ('rejected' in pack) return refused(context, pack, options);
  const wanted = pack.files.filter(({ name }) => options.format.includes(endingOf(name)));
  const files: { name: string; content: string }[] = [];
  for (const { name } of wanted) {
    const file = await readHealthPackFile(deps, pack.month, name);
    if ('rejected' in file) return refused(context, file, options);
    files.push(file);
  }
  await write(context, options, files);
  if (options.json === true) context.out(json(shownPack(pack)));
  else tell(context, pack.verdict, pack.reasons);
  context.say(`Issued ${pack.issuedAt.toISOString()} by ${pack.issuedBy}, hash ${pack.hash}.`);
  return EXIT.done;
}

async function preview(
  context: CliContext,
  deps: Deps,
  options: Options,
  candidate: Candidate | null,
): Promise<number> {
  const made = await previewHealthPack(deps, { month: options.period, candidate, render: healthPackFiles });
  if ('rejected' in made) return refused(context, made, options);
  const { files, reasons } = made.rendered;
  await write(
    context,
    options,
    files.filter(({ name }) => options.format.includes(endingOf(name))),
  );
  if (options.json === true) context.out(json({ verdict: made.verdict, reasons }));
  else tell(context, made.verdict, reasons);
  context.say('A preview: nothing was issued.');
  return EXIT.done;
}

function refused(context: CliContext, refusal: Refused, { json: asJson = false }: Options): number {
  return showRefusal(context, refusal, asJson);
}

async function write(
  context: CliContext,
  { out, json: asJson = false }: Options,
  files: readonly { readonly name: string; readonly content: string }[],
): Promise<void> {
  await mkdir(out, { recursive: true });
  for (const { name, content } of files) {
    await writeFile(join(out, name), content);
    if (asJson) context.say(join(out, name));
    else context.out(join(out, name));
  }
}

function tell(context: CliContext, verdict: string, reasons: readonly string[]): void {
  context.out(`${verdict.toUpperCase()}${reasons.length === 0 ? '' : ':'}`);
  for (const reason of reasons) context.out(`- ${reason}`);
}

function endingOf(name: string): string {
  return name.split('.').at(-1) ?? '';
}

async function candidateOf({
  plan,
  catalogue: path,
}: Options): Promise<
  Candidate | null | { readonly findings: readonly { path: string; message: string; fix: string }[] }
> {
  if (path === undefined) return plan ?? null;
  const file = await readCatalogueFile(path);
  if ('findings' in file) return file;
  const forAll = plan?.kind === 'plan' ? plan.plan : null;
  return { kind: 'catalogue', name: path, catalogue: file.catalogue, plan: forAll };
}

function toMonth(text: string): string {
  const read = month.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('must be a month such as 2026-06');
  return read.data;
}

function toFormats(text: string): readonly string[] {
  const formats = text.split(',').map((format) => format.trim());
  const unknown = formats.find((format) => !FORMATS.includes(format));
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${FORMATS.join(', ')}.`);
  return formats;
}

function toPlan(text: string): Candidate {
  const read = planName.safeParse(text);
  if (!read.success) throw new InvalidArgumentError(read.error.issues[0]?.message ?? 'is no plan');
  return { kind: 'plan', ...read.data };
}
