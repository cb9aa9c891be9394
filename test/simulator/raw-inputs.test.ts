import { beforeAll, expect, test } from 'vitest';

import { watchWire, wireWatcher } from '../../src/simulator/wire-watch.ts';
import { openRecorder, type Commit } from '../support/raw-inputs/inputs.ts';
import { openJudge, UNKNOWABLE } from '../support/raw-inputs/judge.ts';
import { advance, grant, idOf, openStage, seconds, subscribe, use, type Stage } from './support.ts';

const MAY = seconds('2026-05-01T00:00:00Z');

/** What a simulator commits while a story is told to it; whoever else watches goes on. */
async function recorded(story: (stage: Stage) => Promise<void>): Promise<readonly Commit[]> {
  const recorder = openRecorder();
  const others = wireWatcher();
  let commits: readonly Commit[] = [];
  watchWire({
    starts: (kept) => {
      others?.starts?.(kept);
      commits = recorder.starts(kept);
    },
    answered: (exchange) => {
      others?.answered(exchange);
      recorder.answered(exchange);
    },
    delivers: (body) => others?.delivers(body),
  });
  try {
    await using stage = await openStage();
    await story(stage);
  } finally {
    watchWire(others);
  }
  return commits;
}

/** A month with seats changed in its middle, usage taken back, two coupons, three grants, tax and money on account. */
async function month(stage: Stage): Promise<void> {
  const { stripe } = stage;
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 19, inclusive: false });
  const coupons = [
    await stripe.coupons.create({ percent_off: 10, duration: 'forever' }),
    await stripe.coupons.create({ amount_off: 777, currency: 'usd', duration: 'forever' }),
  ];
  const plan = await subscribe(stage, {
    subscription: { default_tax_rates: [vat.id], discounts: coupons.map(({ id: coupon }) => ({ coupon })) },
  });
  const { customer } = plan;
  await grant(stage, plan, 300, { priority: 10, name: 'first' });
  await grant(stage, plan, 4000, { priority: 20, name: 'second' });
  await grant(stage, plan, 900, { priority: 5, name: 'past', expires_at: MAY });
  await stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: 'usd' });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  await use(stage, plan, 250_000, '2026-04-02T00:00:00Z', 'taken back');
  await stripe.billing.meterEventAdjustments.create({
    event_name: 'credits',
    type: 'cancel',
    cancel: { identifier: 'taken back' },
  });
  const { items } = await stripe.subscriptions.retrieve(plan.subscription);
  await stripe.subscriptions.update(plan.subscription, { items: [{ id: items.data[0]?.id ?? '', quantity: 3 }] });
  await stripe.invoiceItems.create({ customer, amount: 1234, currency: 'usd' });
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer, limit: 1 })).data;
  // Drawn up by hand: 10 % and then $7.77 off usage of $10.00 and fees of $297.00; credits for all of the usage; 19 % on the rest.
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([1234, 14_850, -4950, 1000, 29_700]);
  expect(idOf(invoice?.customer)).toBe(customer);
}

const problemsOf = (commits: readonly Commit[]): string => openJudge().look(commits).join('\n');

type Plant = (object: Record<string, unknown>, kind: string) => object | undefined;

/** The same commits, with each object of a kind as the plant makes it; undefined leaves it out. */
function planted(commits: readonly Commit[], plant: Plant): readonly Commit[] {
  return commits.map((commit) => ({
    ...commit,
    changes: commit.changes.flatMap(([kind, id, object]): Commit['changes'][number][] => {
      if (object === null) return [[kind, id, null]];
      const left = plant({ ...object }, kind);
      return left === undefined ? [] : [[kind, id, left]];
    }),
  }));
}

/** Changes the objects of one kind. */
const of =
  (wanted: string, change: (object: Record<string, unknown>) => object | undefined): Plant =>
  (object, kind) =>
    kind === wanted ? change(object) : object;

const named =
  (name: string, changes: object): ((object: Record<string, unknown>) => object) =>
  (object) =>
    object['name'] === name ? { ...object, ...changes } : object;

const FAULTS: readonly (readonly [fault: string, plant: Plant, problem: RegExp])[] = [
  [
    'an invoice of another quantity than was metered',
    of('meter_events', (event) => ({ ...event, payload: { ...(event['payload'] as object), value: '1000001' } })),
    /quantity of .* is 1000000\d{12}, not 1000001/,
  ],
  [
    'usage that nobody sent',
    of('meter_events', (event) => ({ ...event, timestamp: MAY - 1 })),
    /nobody sent the meter event/,
  ],
  [
    'usage that was taken back and counts',
    of('meter_events', (event) => ({ ...event, state: 'counted' })),
    /quantity of .* not 1250000\d{12}/,
  ],
  ['usage of another period', of('meter_events', (event) => ({ ...event, timestamp: MAY })), /quantity of .* not 0/],
  [
    'another price',
    of('prices', (price) => ({
      ...price,
      unit_amount_decimal: price['unit_amount'] === null ? '0.002' : price['unit_amount_decimal'],
    })),
    /amount of .* is 1000, not 2000/,
  ],
  [
    'credits without a grant',
    of('credit_grants', (given) => (given['name'] === 'first' ? undefined : given)),
    /credits credgr_\w+ 3 300 no rule calls for/,
  ],
  [
    'credits of a grant that did not reach the period',
    of('credit_grants', named('first', { effective_at: MAY + 86_400 })),
    /credits credgr_\w+ 3 300 no rule calls for/,
  ],
  [
    'credits of a grant that is over before the period is',
    of('credit_grants', named('first', { expires_at: MAY })),
    /credits credgr_\w+ 3 300 no rule calls for/,
  ],
  [
    'credits in the wrong order',
    of('credit_grants', named('second', { priority: 9 })),
    /credits credgr_\w+ 3 300 no rule calls for/,
  ],
  [
    'credits of a grant for another price',
    of('credit_grants', named('second', { applicability_config: { scope: { prices: [{ id: 'price_of_others' }] } } })),
    /credits credgr_\w+ 3 \d+ no rule calls for/,
  ],
  [
    'credits beyond what is left of a grant',
    of('credit_balance_transactions', (move) => (move['type'] === 'credit' ? undefined : move)),
    /no rule calls for/,
  ],
  [
    'a grant of more than it says',
    of('credit_grants', named('first', { amount: { type: 'monetary', monetary: { currency: 'usd', value: 299 } } })),
    /credits_granted 300 is against its rules/,
  ],
  [
    'a balance from nothing',
    of('customer_balance_transactions', (move) => (move['type'] === 'adjustment' ? undefined : move)),
    /starting_balance is -500, not 0/,
  ],
  [
    'an invoice that agrees with itself on money of nobody',
    of('invoices', (one) => ({ ...one, starting_balance: -1000, amount_due: Number(one['amount_due']) - 500 })),
    /starting_balance is -1000, not -500/,
  ],
  [
    'a cent too much off',
    of('coupons', (coupon) => ({ ...coupon, amount_off: coupon['amount_off'] === null ? null : 776 })),
    /discount di_\w+ takes/,
  ],
  [
    'a wrong percentage off',
    of('coupons', (coupon) => ({ ...coupon, percent_off: coupon['percent_off'] === null ? null : 9.99 })),
    /discount di_\w+ takes/,
  ],
  [
    'another tax',
    of('subscriptions', (one) => ({
      ...one,
      default_tax_rates: [{ ...(one['default_tax_rates'] as object[])[0], percentage: 7.7 }],
    })),
    /bears tax of/,
  ],
  [
    'a proration of another length',
    of('invoice_items', (item) => ({ ...item, amount: item['amount'] === 14_850 ? 14_851 : item['amount'] })),
    /proration of si_\w+, 14851 for .* follows from no change/,
  ],
  [
    'a proration that is missing',
    of('invoice_items', (item) => (item['amount'] === -4950 ? undefined : item)),
    /proration of si_\w+, -4950 for .* is missing/,
  ],
  [
    'another sum than was asked for',
    of('invoice_items', (item) => ({ ...item, amount: item['amount'] === 1234 ? 1235 : item['amount'] })),
    /is 1235, asked for was 1234/,
  ],
  ['a fee for other seats', of('subscriptions', (one) => seats(one, 2)), /quantity of .* is 3\d{12}, not 2/],
];

/** A subscription whose changed item has other seats. */
function seats(subscription: Record<string, unknown>, quantity: number): object {
  const items = subscription['items'] as { readonly data: readonly { readonly quantity?: number }[] };
  const data = items.data.map((item) => (item.quantity === 3 ? { ...item, quantity } : item));
  return { ...subscription, items: { ...items, data } };
}

let commits: readonly Commit[] = [];

beforeAll(async () => {
  commits = await recorded(month);
});

test('two invoices are what was sent to the simulator', () => {
  const judge = openJudge();
  expect(judge.look(commits)).toEqual([]);
  expect([...judge.judged.values()]).toEqual([null, null]);
});

test.for(FAULTS)('%s: found', ([, plant, problem]) => {
  expect(problemsOf(planted(commits, plant))).toMatch(problem);
});

test('a proration that is a second too long is found', () => {
  const change = seconds('2026-04-16T00:00:00Z');
  const moved = commits.map((commit) => ({
    ...commit,
    times: Object.fromEntries(Object.entries(commit.times).map(([id, at]) => [id, at === change ? at + 1 : at])),
  }));
  expect(problemsOf(moved)).toMatch(/proration of si_\w+, 14850 for .* follows from no change/);
});

test('a draft that is older than the recording is left out, and says why', () => {
  const judge = openJudge();
  const start = commits.findIndex(({ changes }) =>
    changes.some(([kind, , one]) => kind === 'invoices' && one !== null && 'status' in one && one.status === 'draft'),
  );
  const kept = commits.slice(0, start + 1).flatMap(({ changes }) => changes);
  const first = commits[start];
  if (first === undefined) throw new Error('no draft');
  expect(judge.look([{ ...first, changes: kept }, ...commits.slice(start + 1)])).toEqual([]);
  expect([...judge.judged.values()]).toEqual([UNKNOWABLE.earlier]);
});
