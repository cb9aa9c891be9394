import { type Command, InvalidArgumentError } from 'commander';

import { shownLaunch, shownSignOff } from '../contract/launch.ts';
import { ACTION_MODES, type ActionMode, MODE_WORDS } from '../domain/ladder.ts';
import { GATE_ROWS, type GateRow } from '../domain/launch-gate.ts';
import { reviewWarning } from '../domain/model-review.ts';
import { demoteActions, promoteActions } from '../operations/launch/move-actions.ts';
import { type Launch, type LaunchQuestion, readLaunch } from '../operations/launch/read-launch.ts';
import { setReviewDate } from '../operations/launch/set-review-date.ts';
import { signGateRow } from '../operations/launch/sign-gate-row.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs } from './acting.ts';
import { askConsent } from './consent.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly as: string;
  readonly action?: readonly string[];
  readonly to?: ActionMode;
  readonly reason: string;
  readonly reviewOn?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly yes?: true;
  readonly live?: true;
}

/** `creditpool go-live` and `creditpool ladder show | sign | down | review`. */
export function registerLaunchCommands(program: Command, context: CliContext): void {
  registerGoLive(program, context);
  const ladder = program
    .command('ladder')
    .description('where each action stands: observe, shadow, enforce')
    .addHelpText('before', examples('ladder show', 'ladder sign margin --as jane@example.com --reason "fixed fee"'));
  ladder
    .command('show')
    .description('the ladder, the shadow books and the review date')
    .addHelpText('before', examples('ladder show', 'ladder show --json'))
    .option('--json', 'one JSON document on stdout')
    .action(async ({ json: asJson }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const launch = await readLaunch(deps);
        if ('rejected' in launch) return showRefusal(context, launch, asJson ?? false);
        if (asJson) context.out(json(shownLaunch(launch)));
        else showLadder(context, launch);
        return EXIT.done;
      });
    });
  person(ladder.command('sign'))
    .description('answer for a row of the gate that no figure decides')
    .argument('<row>', GATE_ROWS.join(' | '))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'ladder sign margin --as jane@example.com --reason "fixed fee"',
        'ladder sign overhead --as jane@example.com --reason "one desk" --json',
      ),
    )
    .action(async (row: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const signed = await signGateRow(deps, await actingAs(deps, options.as), { row, reason: options.reason });
        if ('rejected' in signed) return showRefusal(context, signed, options.json ?? false);
        context.out(options.json ? json(shownSignOff(signed)) : `${signed.row}: signed by ${signed.by}`);
        context.say('Next: creditpool go-live --dry-run');
        return EXIT.done;
      });
    });
  registerDownAndReview(ladder, context);
}

function registerDownAndReview(ladder: Command, context: CliContext): void {
  person(ladder.command('down'))
    .description('take actions down at once; what they drew stays drawn')
    .argument('<actions...>', 'such as report.generate')
    .requiredOption('--to <mode>', 'observe | shadow', modeOf)
    .addHelpText(
      'before',
      examples(
        'ladder down report.generate --to shadow --as jane@example.com --reason "wrong rate"',
        'ladder down api.call llm.complete --to observe --as jane@example.com --reason "wrong rate"',
      ),
    )
    .action(async (actions: string[], { as: name, to = 'observe', reason }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const moved = await demoteActions(deps, await actingAs(deps, name), { actions, to, reason });
        if ('rejected' in moved) return showRefusal(context, moved, false);
        showLadder(context, moved.launch);
        return EXIT.done;
      });
    });
  person(ladder.command('review'))
    .description('say when the credit model is looked at again')
    .argument('<date>', 'such as 2026-10-01')
    .addHelpText(
      'before',
      examples(
        'ladder review 2026-10-01 --as jane@example.com --reason "half a year of figures"',
        'ladder review 2027-04-01 --as jane@example.com --reason "looked at today"',
      ),
    )
    .action(async (reviewOn: string, { as: name, reason }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const set = await setReviewDate(deps, await actingAs(deps, name), { reviewOn, reason });
        if ('rejected' in set) return showRefusal(context, set, false);
        context.out(`The credit model is looked at again on ${set.reviewOn}.`);
        return EXIT.done;
      });
    });
}

function person(command: Command): Command {
  return command
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .requiredOption('--reason <text>', 'kept with it');
}

function modeOf(text: string): ActionMode {
  const mode = ACTION_MODES.find((known) => known === text);
  if (mode === undefined) throw new InvalidArgumentError(`Write one of ${ACTION_MODES.join(', ')}.`);
  return mode;
}

function registerGoLive(program: Command, context: CliContext): void {
  program
    .command('go-live')
    .description('take actions one rung up the launch ladder, if the gate holds')
    .option('--as <person>', 'who you are; not needed with --dry-run', '')
    .option('--action <actions...>', 'only these (default: those on the lowest rung)')
    .option('--to <mode>', 'shadow | enforce (default: the next rung)', modeOf)
    .option('--reason <text>', 'kept with the step', 'go-live')
    .option('--review-on <date>', 'when the credit model is looked at again, such as 2026-10-01')
    .option('--dry-run', `show the checklist and stop; exit ${EXIT.checkFailed} while a row does not hold`)
    .option('--json', 'one JSON document on stdout')
    .option('--yes', 'do not ask')
    .option('--live', 'with --yes: on a live Stripe account')
    .addHelpText('before', examples('go-live --dry-run', 'go-live --as jane@example.com --review-on 2026-10-01'))
    .action(async (options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => goLive(context, deps, options));
    });
}

async function goLive(context: CliContext, deps: OpenBooks, options: Options): Promise<number> {
  const asJson = options.json ?? false;
  const asked: LaunchQuestion = {
    ...(options.action !== undefined && { actions: options.action }),
    ...(options.to !== undefined && { to: options.to }),
  };
  const launch = await readLaunch(deps, {
    ...asked,
    ...(options.reviewOn !== undefined && { reviewOn: options.reviewOn }),
  });
  if ('rejected' in launch) return showRefusal(context, launch, asJson);
  const { next } = launch;
  const isOver = next === null || !next.passed || options.dryRun === true;
  if (asJson && isOver) context.out(json(shownLaunch(launch)));
  if (next === null) {
    context.say('Everything is enforced; nothing is left to take up.');
    return EXIT.done;
  }
  if (!asJson) {
    context.out(`${next.actions.join(', ')} → ${next.to}: ${MODE_WORDS[next.to]}\n`);
    context.out(checklist(next.gate));
  }
  if (!next.passed) {
    context.say('The gate holds; nothing was changed.');
    return EXIT.checkFailed;
  }
  if (options.dryRun === true) return EXIT.done;
  if (options.as === '') {
    context.say('Say who you are: --as jane@example.com');
    return EXIT.wrongUsage;
  }
  const consent = await askConsent(context, options, {
    question: `Take ${next.actions.length === 1 ? 'it' : 'them'} to ${next.to}?`,
    toLive: `take them to ${next.to} on the live account`,
    otherwise: 'Nothing was changed.',
  });
  if (!consent.given) {
    context.say(consent.reason);
    return consent.exitCode;
  }
  const moved = await promoteActions(deps, await actingAs(deps, options.as), {
    ...asked,
    reason: options.reason,
    ...(options.reviewOn !== undefined && { reviewOn: options.reviewOn }),
  });
  if ('rejected' in moved) return showRefusal(context, moved, asJson);
  if (asJson) context.out(json(shownLaunch(moved.launch)));
  context.say(
    `${moved.actions.join(', ')} ${moved.actions.length === 1 ? 'is' : 'are'} in ${moved.mode}. Next: creditpool ladder show`,
  );
  return EXIT.done;
}

const MARKS: Readonly<Record<GateRow['state'], string>> = {
  pass: '✔',
  signed: '✔',
  not_asked: '–',
  sign_off: '✎',
  fail: '✘',
};

function checklist(gate: readonly GateRow[]): string {
  return gate
    .map(({ row, state, title, proof, fix, signed }) =>
      [
        `${MARKS[state]} ${title} (${row}): ${proof}`,
        ...(signed === null ? [] : [`    signed by ${signed.by}: ${signed.reason}`]),
        ...(fix === null ? [] : [`    ${state === 'sign_off' ? 'to sign' : 'to do'}: ${fix}`]),
      ].join('\n'),
    )
    .join('\n');
}

function showLadder(context: CliContext, launch: Launch): void {
  const { actions, review } = shownLaunch(launch);
  const rows = actions.map(({ action, mode, uses_beside_the_books: uses, shadow, moved_by: by }) => [
    action,
    mode,
    String(uses),
    shadow?.would_draw ?? '',
    shadow?.would_be_overage ?? '',
    shadow?.would_be_refused ?? '',
    by ?? '',
  ]);
  const head = ['action', 'mode', 'uses watched', 'would draw', 'would be overage', 'would be refused', 'moved by'];
  context.out(table(head, rows, [2, 3, 4, 5]));
  const warning = reviewWarning(launch.review);
  if (warning !== null) context.say(`${warning}: creditpool ladder review DATE`);
  else context.say(review.review_on === null ? 'No review date is set.' : `Review on ${review.review_on}.`);
}
