import { type Command, InvalidArgumentError } from 'commander';

import { shownForecast } from '../contract/migrations.ts';
import { type Cohort, MIGRATION_NAME, readCohorts } from '../domain/plan-migration.ts';
import type { Refused } from '../domain/rejection.ts';
import { forecastBills } from '../operations/migration/forecast-bills.ts';
import { planMigration } from '../operations/migration/plan-migration.ts';
import {
  type MigrationStatus,
  pauseMigration,
  readMigrations,
  resumeMigration,
  startMigration,
} from '../operations/migration/run-migration.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs, COMMAND_LINE } from './acting.ts';
import type { CliContext } from './context.ts';
import { registerCustomerTerms } from './customer-terms.ts';
import { EXIT } from './exit-codes.ts';
import { showForecast } from './migration-forecast.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Common {
  readonly as?: string;
  readonly json?: boolean;
}

interface PlanOptions extends Common {
  readonly from: string;
  readonly to: string;
  readonly toSegment?: string;
  readonly cohorts: readonly Cohort[];
  readonly every: number;
  readonly holdout: number;
  readonly reason: string;
  readonly dryRun?: boolean;
  readonly compare: number;
}

const AS = ['--as <person>', 'who you are, as in operators list (default: the command line itself)'] as const;
const JSON_FLAG = ['--json', 'one JSON document on stdout'] as const;

/** `creditpool migration plan | start | status | pause | resume | segment | pin`. */
export function registerMigrationCommands(program: Command, context: CliContext): void {
  const group = program
    .command('migration')
    .description('move customers to another plan: cohort by cohort, each at his renewal, somebody having agreed')
    .addHelpText('before', examples('migration status', 'migration start spring --as lea@example.com'));
  registerPlan(group, context);
  registerSteps(group, context);
  registerCustomerTerms(group, context);
}

function registerPlan(group: Command, context: CliContext): void {
  group
    .command('plan')
    .description('forecast a rollout and keep its plan; nobody is moved before somebody starts it')
    .argument('<name>', 'what the rollout is called', toName)
    .requiredOption('--from <plan>', 'the plan that is left, in all its versions')
    .requiredOption('--to <plan>', 'the plan to move to, in its newest version')
    .requiredOption('--cohorts <list>', 'in their order: new:2026-06-01,segment:smb,rest', toCohorts)
    .option('--every <days>', 'days from one cohort to the next', days, 30)
    .option('--holdout <percent>', 'customers who stay, to compare with', percent, 0)
    .option('--to-segment <segment>', 'the segment of who was moved; only where both plans sell the same')
    .requiredOption('--reason <text>', 'why; kept with every change')
    .option('--dry-run', 'say what it would do and who would pay more, and keep nothing')
    .option('--compare <months>', 'months of past bills that a dry run puts under the new plan; 0: none', months, 3)
    .option(...AS)
    .option(...JSON_FLAG)
    .addHelpText(
      'before',
      examples(
        `migration plan spring --from hybrid --to metered --cohorts new:2026-06-01,segment:smb,rest --holdout 10 --reason 'use is stable' --dry-run`,
        `migration plan spring --from hybrid --to metered --cohorts new:2026-06-01,rest --reason 'use is stable' --as lea@example.com`,
      ),
    )
    .action(async (name: string, options: PlanOptions) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const {
          from: fromPlan,
          to: toPlan,
          toSegment = null,
          cohorts,
          every: everyDays,
          holdout,
          reason,
          dryRun = false,
          compare,
        } = options;
        const rollout = {
          name,
          fromPlan,
          toPlan,
          toSegment,
          cohorts,
          everyDays,
          holdoutPercent: holdout,
          reason,
        };
        const planned = await planMigration(deps, await acting(deps, options), { ...rollout, dryRun });
        if ('rejected' in planned) return showRefusal(context, planned, options.json ?? false);
        const bills = dryRun && compare > 0 ? await forecastBills(deps, { rollout, months: compare }) : null;
        if (bills !== null && 'rejected' in bills) return showRefusal(context, bills, options.json ?? false);
        if (options.json === true) context.out(json(shownForecast(planned, bills)));
        else showForecast(context, planned, bills);
        if (dryRun) context.say('A dry run: nothing was kept.');
        else context.say(`Kept. Somebody else starts it with: creditpool migration start ${name} --as PERSON`);
        return EXIT.done;
      });
    });
}

function registerSteps(group: Command, context: CliContext): void {
  const step = (
    name: string,
    about: string,
    work: (deps: OpenBooks, by: Acting, of: string) => Promise<MigrationStatus | Refused>,
  ): void => {
    group
      .command(name)
      .description(about)
      .argument('<name>', 'the rollout')
      .option(...AS)
      .option(...JSON_FLAG)
      .addHelpText(
        'before',
        examples(`migration ${name} spring --as lea@example.com`, `migration ${name} spring --json`),
      )
      .action(async (of: string, options: Common) => {
        await withBooks(context, { stripe: false }, async (deps) => {
          const status = await work(deps, await acting(deps, options), of);
          if ('rejected' in status) return showRefusal(context, status, options.json ?? false);
          show(context, [status], options.json ?? false);
          return EXIT.done;
        });
      });
  };
  step('start', 'begin a planned rollout; somebody else than who planned it', startMigration);
  step('resume', 'go on with a paused rollout', resumeMigration);
  group
    .command('pause')
    .description('move nobody else until it is resumed')
    .argument('<name>', 'the rollout')
    .requiredOption('--reason <text>', 'why')
    .option(...AS)
    .option(...JSON_FLAG)
    .addHelpText(
      'before',
      examples(
        `migration pause spring --reason 'bills look wrong' --as lea@example.com`,
        `migration pause spring --reason holidays --json`,
      ),
    )
    .action(async (name: string, options: Common & { readonly reason: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const status = await pauseMigration(deps, await acting(deps, options), { name, reason: options.reason });
        if ('rejected' in status) return showRefusal(context, status, options.json ?? false);
        show(context, [status], options.json ?? false);
        return EXIT.done;
      });
    });
  group
    .command('status')
    .description('where rollouts stand, by cohort')
    .argument('[name]', 'one of them')
    .option(...JSON_FLAG)
    .addHelpText('before', examples('migration status', 'migration status spring --json'))
    .action(async (name: string | undefined, options: Common) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await readMigrations(deps, name ?? null);
        if ('rejected' in found) return showRefusal(context, found, options.json ?? false);
        show(context, found, options.json ?? false);
        return EXIT.done;
      });
    });
}

async function acting(deps: OpenBooks, { as }: Common): Promise<Acting> {
  return as === undefined ? COMMAND_LINE : actingAs(deps, as);
}

function show(context: CliContext, all: readonly MigrationStatus[], asJson: boolean): void {
  if (asJson) return context.out(json({ object: 'list', data: all }));
  for (const { migration, cohorts } of all) {
    const { name, state, fromPlan, toPlan, toVersion, plannedBy, approvedBy, pausedBecause } = migration;
    context.out(
      `${name}: ${state}, ${fromPlan} → ${toPlan}@${toVersion}, planned by ${plannedBy}, approved by ${approvedBy ?? 'nobody yet'}`,
    );
    if (state === 'paused') context.out(`paused: ${pausedBecause ?? ''}`);
    const rows = cohorts.map(({ name: cohort, opensAt, members }) => [
      cohort,
      opensAt?.toISOString() ?? 'not started',
      members.map(({ state: of, customers }) => `${customers} ${of.replace('_', ' ')}`).join(', ') || 'nobody yet',
    ]);
    context.out(table(['cohort', 'opens', 'customers'], rows));
  }
  if (all.length === 0) context.say('No migration was planned. See: creditpool migration plan --help');
}

function toName(text: string): string {
  if (!MIGRATION_NAME.test(text))
    throw new InvalidArgumentError('write small letters, digits and hyphens: spring-2027.');
  return text;
}

function months(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 12) throw new InvalidArgumentError('write months from 0 to 12.');
  return Number(text);
}

function toCohorts(text: string): readonly Cohort[] {
  const read = readCohorts(text);
  if (typeof read === 'string') throw new InvalidArgumentError(`${read}.`);
  return read;
}

function days(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 366) throw new InvalidArgumentError('write days from 0 to 366.');
  return Number(text);
}

function percent(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 50) throw new InvalidArgumentError('write a percentage from 0 to 50.');
  return Number(text);
}
