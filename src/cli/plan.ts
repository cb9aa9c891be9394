import type { Command } from 'commander';

import type { Catalogue } from '../domain/catalogue.ts';
import type { Deps } from '../operations/deps.ts';
import { diffCatalogue } from '../operations/diff-catalogue.ts';
import { pushCatalogue } from '../operations/push-catalogue.ts';
import { validateCatalogue } from '../operations/validate-catalogue.ts';
import { readCatalogueFile } from './catalogue-file.ts';
import { askConsent } from './consent.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json as jsonOf } from './output.ts';
import { isChange, showChanges, showFindings, showRefusal } from './plan-output.ts';

interface Options {
  readonly json?: true;
  readonly dryRun?: true;
  readonly exitCode?: true;
  readonly yes?: true;
  readonly live?: true;
}

/** `creditpool plan validate | diff | push`. */
export function registerPlanCommands(program: Command, context: CliContext): void {
  const plan = program
    .command('plan')
    .description('the catalogue: what you sell, as a file')
    .addHelpText('before', examples('plan validate', 'plan diff --exit-code'));
  const file = ['[file]', `catalogue in TypeScript, YAML or JSON (default: ${context.config.cataloguePath})`] as const;

  plan
    .command('validate')
    .description('check the file; asks neither database nor Stripe')
    .argument(...file)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('plan validate', 'plan validate plans.yaml --json'))
    .action(async (path: string | undefined, options: Options) => {
      process.exitCode = await validate(context, pathOf(context, path), options);
    });

  plan
    .command('diff')
    .description('show what a push would do, and write nothing')
    .argument(...file)
    .option('--json', 'one JSON document on stdout')
    .option('--exit-code', `exit ${EXIT.checkFailed} when a push would do something`)
    .addHelpText('before', examples('plan diff', 'plan diff --exit-code --json'))
    .action(async (path: string | undefined, options: Options) => {
      process.exitCode = await diff(context, pathOf(context, path), options);
    });

  plan
    .command('push')
    .description('create or adopt at Stripe what the file needs, and record the versions')
    .argument(...file)
    .option('--json', 'one JSON document on stdout')
    .option('--dry-run', 'show the same plan and stop')
    .option('--yes', 'do not ask')
    .option('--live', 'with --yes: push to a live Stripe account')
    .addHelpText('before', examples('plan push --dry-run', 'plan push --yes'))
    .action(async (path: string | undefined, options: Options) => {
      process.exitCode = await push(context, pathOf(context, path), options);
    });
}

function pathOf({ config }: CliContext, path: string | undefined): string {
  return path ?? config.cataloguePath;
}

async function validate(context: CliContext, path: string, { json }: Options): Promise<number> {
  const read = await readCatalogueFile(path);
  if ('findings' in read) return showFindings(context, { path, json, findings: read.findings });
  const validated = validateCatalogue(read.catalogue);
  if ('rejected' in validated) return showRefusal(context, { path, json, refused: validated });
  const { plans, packs, burnTable } = validated.catalogue;
  if (json) context.out(jsonOf({ object: 'catalogue_check', valid: true, findings: [] }));
  else context.out(`${path} is sound. Plans: ${plans.length}, packs: ${packs.length}, rates: ${burnTable.length}.`);
  context.say('Next: creditpool plan diff');
  return EXIT.done;
}

async function diff(context: CliContext, path: string, { json, exitCode }: Options): Promise<number> {
  return withCatalogue(context, { path, json }, async (deps, catalogue) => {
    const answer = await diffCatalogue(deps, catalogue);
    if ('rejected' in answer) return showRefusal(context, { path, json, refused: answer });
    showChanges(context, { json, changes: answer.changes, document: { object: 'catalogue_diff' } });
    const differs = answer.changes.some(isChange);
    context.say(differs ? 'Next: creditpool plan push' : 'Stripe and the database have all of it.');
    return differs && exitCode ? EXIT.checkFailed : EXIT.done;
  });
}

async function push(context: CliContext, path: string, options: Options): Promise<number> {
  const { json, dryRun } = options;
  return withCatalogue(context, { path, json }, async (deps, catalogue) => {
    const planned = await diffCatalogue(deps, catalogue);
    if ('rejected' in planned) return showRefusal(context, { path, json, refused: planned });
    const document = { object: 'catalogue_push', pushed: false };
    const differs = planned.changes.some(isChange);
    if (!json || dryRun || !differs) showChanges(context, { json, changes: planned.changes, document });
    if (!differs) context.say('Nothing to push.');
    if (dryRun || !differs) return EXIT.done;
    const consent = await askConsent(context, options, {
      question: 'Push this?',
      toLive: 'push to the live account',
      otherwise: 'Nothing was pushed.',
    });
    if (!consent.given) {
      context.say(consent.reason);
      return consent.exitCode;
    }
    const answer = await pushCatalogue(deps, catalogue);
    if ('rejected' in answer) return showRefusal(context, { path, json, refused: answer });
    if (json) showChanges(context, { json, changes: answer.changes, document: { ...document, pushed: answer.pushed } });
    context.say('Pushed. Next: creditpool plan diff, which now finds nothing.');
    return EXIT.done;
  });
}

/** Nothing is opened for a file that cannot be read. */
async function withCatalogue(
  context: CliContext,
  { path, json }: { path: string; json: true | undefined },
  work: (deps: Deps, catalogue: Catalogue) => Promise<number>,
): Promise<number> {
  const read = await readCatalogueFile(path);
  if ('findings' in read) return showFindings(context, { path, json, findings: read.findings });
  const deps = await context.openDeps();
  try {
    return await work(deps, read.catalogue);
  } finally {
    await deps.close();
  }
}
