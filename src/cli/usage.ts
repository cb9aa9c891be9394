import { randomUUID } from 'node:crypto';

import { type Command, InvalidArgumentError } from 'commander';

import { shownBalance } from '../contract/balance.ts';
import { shownTracked } from '../contract/usage-answers.ts';
import { formatCredits } from '../domain/amount.ts';
import { checkUsage } from '../operations/check-usage.ts';
import type { Deps } from '../operations/deps.ts';
import { startExecutor } from '../operations/executor.ts';
import { type Balance, readBalance } from '../operations/read-balance.ts';
import { type RealTime, trackUsage } from '../operations/track-usage.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

type Quantities = Readonly<Record<string, bigint>>;
type Dimensions = Readonly<Record<string, string>>;

interface Options {
  readonly json?: boolean;
  readonly quantity: Quantities;
  readonly dimension: Dimensions;
  readonly id?: string;
  readonly at?: Date;
}

/** `creditpool check | balance | track`: what the API does, on the same books. */
export function registerUsageCommands(program: Command, context: CliContext): void {
  program
    .command('check')
    .description(`may this run? (exit ${EXIT.checkFailed} when not)`)
    .argument('<customer>', 'cus_… or ext:…')
    .argument('<action>', 'an action of the burn table')
    .option('-q, --quantity <name=number>', 'what it will use; repeat for more', quantity, {})
    .option('-d, --dimension <name=value>', 'what its rate asks for, such as model=large', dimension, {})
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('check ext:acme report.generate', 'check ext:acme llm.complete -q input_tokens=4000'),
    )
    .action(async (customer: string, action: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) =>
        check(context, realTime(deps), { customer, action, options }),
      );
    });

  program
    .command('balance')
    .description('what a customer has left')
    .argument('<customer>', 'cus_… or ext:…')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('balance ext:acme', 'balance ext:acme --json'))
    .action(async (customer: string, { json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const balance = await readBalance(deps, customer);
        if ('rejected' in balance) return showRefusal(context, balance, asJson);
        showBalance(context, balance, asJson);
        return EXIT.done;
      });
    });

  program
    .command('track')
    .description('record usage that happened')
    .argument('<customer>', 'cus_… or ext:…')
    .argument('<action>', 'an action of the burn table')
    .option('-q, --quantity <name=number>', 'what it used; repeat for more', quantity, {})
    .option('-d, --dimension <name=value>', 'what its rate asks for, such as model=large', dimension, {})
    .option('--id <id>', 'your own id of the event: it counts once for ever (default: a new one)')
    .option('--at <instant>', 'when it happened (default: now)', instant)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('track ext:acme api.call -q calls=3', 'track ext:acme report.generate --id r-17'))
    .action(async (customer: string, action: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) =>
        track(context, realTime(deps), { customer, action, options }),
      );
    });
}

interface Asked {
  readonly customer: string;
  readonly action: string;
  readonly options: Options;
}

function realTime(deps: Deps): RealTime {
  return { deps, executor: startExecutor(deps) };
}

async function check(context: CliContext, books: RealTime, { customer, action, options }: Asked): Promise<number> {
  const asJson = options.json === true;
  const answer = await checkUsage(books, {
    customer,
    action,
    quantities: options.quantity,
    dimensions: options.dimension,
  });
  if ('rejected' in answer) return showRefusal(context, answer, asJson);
  const { allowed, cost, available, overage, refusal } = answer;
  if (asJson) {
    const credits = { cost: formatCredits(cost), balance: formatCredits(available), overage: formatCredits(overage) };
    context.out(json({ object: 'check', allowed, reason: refusal?.rejected ?? null, ...credits }));
  } else {
    const past = overage > 0n ? `, ${formatCredits(overage)} of them as overage` : '';
    context.out(
      refusal === null
        ? `Yes: ${action} costs ${formatCredits(cost)} credits${past}; ${formatCredits(available)} available.`
        : `No: ${refusal.rejected.message}`,
    );
  }
  return allowed ? EXIT.done : EXIT.checkFailed;
}

async function track(context: CliContext, books: RealTime, { customer, action, options }: Asked): Promise<number> {
  const asJson = options.json === true;
  const eventId = options.id ?? randomUUID();
  const occurredAt = options.at ?? null;
  const { quantity: quantities, dimension: dimensions } = options;
  const event = { eventId, customer, action, quantities, dimensions, occurredAt, member: null, source: 'cli' };
  const [answer] = await trackUsage(books, { events: [event] });
  if (answer === undefined) throw new Error('one event went in and no answer came out');
  if ('rejected' in answer) return showRefusal(context, answer, asJson);
  const [credits, balance] = [formatCredits(answer.credits), formatCredits(answer.available)];
  if (asJson) context.out(json(shownTracked(eventId, answer)));
  else context.out(`${eventId} ${answer.status}: ${credits} credits; ${balance} available.`);
  return EXIT.done;
}

function showBalance(context: CliContext, balance: Balance, asJson: boolean): void {
  const sums = {
    available: formatCredits(balance.available),
    held: formatCredits(balance.held),
    overage: formatCredits(balance.overage),
    debt: formatCredits(balance.debt),
  };
  const lots = balance.lots.map((lot) => ({
    source: lot.source,
    granted: formatCredits(lot.granted),
    used: formatCredits(lot.drawn),
    remaining: formatCredits(lot.left),
    expires: lot.expiresAt?.toISOString() ?? 'never',
  }));
  const { period, plan, asOf } = balance;
  if (asJson) {
    context.out(json(shownBalance(balance)));
    return;
  }
  context.out(table(Object.keys(sums), [Object.values(sums)], [0, 1, 2, 3]));
  if (lots.length > 0) {
    const columns = ['source', 'granted', 'used', 'remaining', 'expires'] as const;
    context.out(
      `\n${table(
        columns,
        lots.map((lot) => columns.map((name) => lot[name])),
        [1, 2, 3],
      )}`,
    );
  }
  const until = period === null ? 'no running period' : `period until ${period.endsAt.toISOString()}`;
  context.say(`Plan ${plan ?? 'none'}, ${until}, as of ${asOf.toISOString()}.`);
}

function quantity(text: string, known: Quantities): Quantities {
  const match = /^([a-z][a-z0-9_]*)=(\d{1,15})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('write name=number, such as input_tokens=4000.');
  return { ...known, [match[1] ?? '']: BigInt(match[2] ?? '0') };
}

function dimension(text: string, known: Dimensions): Dimensions {
  const match = /^([a-z][a-z0-9_.-]{0,63})=(.{1,200})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('write name=value, such as model=large.');
  return { ...known, [match[1] ?? '']: match[2] ?? '' };
}

function instant(text: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError('write an instant such as 2026-04-01T00:00:00Z.');
  }
  return at;
}
