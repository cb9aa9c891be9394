import type { Command } from 'commander';

import { readPriceList, shownPrice } from '../contract/model-prices.ts';
import { lintPriceList } from '../domain/model-price-lint.ts';
import type { ModelPrice, ModelPriceList } from '../domain/model-prices.ts';
import { pushModelPrices, readModelPrices } from '../operations/margin/model-prices.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { readDocumentFile } from './document-file.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showFindings, showRefusal } from './plan-output.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly json?: true;
  readonly dryRun?: true;
  readonly all?: true;
  readonly as?: string;
}

const DEFAULT_FILE = 'model-prices.yaml';
const DOCUMENT = { what: 'price list', exported: '{ currency, models }', docs: 'docs/margin.md' };
const AS = ['--as <person>', 'who you are, as in operators list (default: the command line itself)'] as const;

/** `creditpool prices validate | push | list`. */
export function registerPriceCommands(program: Command, context: CliContext): void {
  const prices = program
    .command('prices')
    .description('what the providers of your models ask for: a dated list that you edit and that is only added to')
    .addHelpText('before', examples('prices validate', 'prices push --dry-run'));
  const file = ['[file]', 'price list in YAML, JSON or TypeScript', DEFAULT_FILE] as const;
  prices
    .command('validate')
    .description('check the file; asks no database')
    .argument(...file)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('prices validate', 'prices validate prices.yaml --json'))
    .action(async (path: string, { json: asJson }: Options) => {
      const list = await readList(context, path, asJson);
      process.exitCode = 'exitCode' in list ? list.exitCode : validated(context, path, list, asJson);
    });
  prices
    .command('push')
    .description('add what the file says anew; stored costs stay as they are')
    .argument(...file)
    .option('--dry-run', 'show what would be added and stop')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('prices push --dry-run', 'prices push --as jane@example.com'))
    .action(async (path: string, options: Options) => {
      const list = await readList(context, path, options.json);
      if ('exitCode' in list) process.exitCode = list.exitCode;
      else await push(context, path, list, options);
    });
  prices
    .command('list')
    .description('the prices in force now')
    .option('--all', 'also those that are over, to come, or corrected')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('prices list', 'prices list --all --json'))
    .action(async (options: Options) => show(context, options));
}

function validated(context: CliContext, path: string, list: ModelPriceList, asJson: true | undefined): number {
  const findings = lintPriceList(list);
  if (findings.length > 0) return showFindings(context, { path, json: asJson, findings });
  if (asJson) context.out(json({ object: 'price_list_check', valid: true, findings: [] }));
  else context.out(`${path} is sound. Models: ${list.models.length}.`);
  context.say('Next: creditpool prices push --dry-run');
  return EXIT.done;
}

async function push(context: CliContext, path: string, list: ModelPriceList, options: Options): Promise<void> {
  await withBooks(context, { stripe: false }, async (deps) => {
    const acting = await actingAs(deps, options.as);
    const pushed = await pushModelPrices(deps, acting, { list, dryRun: options.dryRun === true });
    if ('rejected' in pushed) return showRefusal(context, { path, json: options.json, refused: pushed });
    const { added, corrected, pushed: done } = pushed;
    if (options.json) {
      context.out(json({ object: 'price_list_push', pushed: done, corrected, added: added.map(shownPrice) }));
    } else if (added.length > 0) context.out(shown(added));
    const nothing = options.dryRun === true ? 'Nothing was pushed.' : 'Nothing is new.';
    context.say(done ? `${added.length} added, of which ${corrected} correct an earlier one.` : nothing);
    return EXIT.done;
  });
}

async function show(context: CliContext, { all, as: name, json: asJson }: Options): Promise<void> {
  await withBooks(context, { stripe: false }, async (deps) => {
    const acting = await actingAs(deps, name);
    const prices = await readModelPrices(deps, acting);
    if ('rejected' in prices) return showRefusal(context, { path: '', json: asJson, refused: prices });
    const kept = all ? prices.all : prices.inForce;
    if (asJson) context.out(json({ object: 'list', data: kept.map(shownPrice) }));
    else if (kept.length === 0) context.say('No price was pushed yet: docs/margin.md shows the file.');
    else context.out(shown(kept));
    return EXIT.done;
  });
}

function shown(prices: readonly ModelPrice[]): string {
  const rows = prices.map(({ model, effectiveFrom, currency, prices: units, perUse }) => [
    model,
    effectiveFrom.toISOString(),
    [
      ...units.map(({ unit, amount, each }) => `${amount} ${currency} / ${each === 1 ? '' : `${each} `}${unit}`),
      ...(perUse === null ? [] : [`${perUse} ${currency} a use`]),
    ].join(', '),
  ]);
  return table(['model', 'from', 'price'], rows);
}

async function readList(
  context: CliContext,
  path: string,
  asJson: true | undefined,
): Promise<ModelPriceList | { readonly exitCode: number }> {
  const read = await readDocumentFile(path, DOCUMENT);
  const formed = 'findings' in read ? read : readPriceList(read.content);
  if ('findings' in formed) {
    return { exitCode: showFindings(context, { path, json: asJson, findings: formed.findings }) };
  }
  return formed.list;
}
