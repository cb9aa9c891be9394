import { describe, expect, test } from 'vitest';

import {
  type EventCounts,
  type UsageOfInvoice,
  usageDifference,
  usageFunnel,
  usageTotals,
} from '../../src/domain/usage-flow.ts';

const CREDIT = 1_000_000n;

/** 100 credits used, metered and invoiced. */
const AGREED: UsageOfInvoice = {
  customerId: 'c',
  customer: null,
  invoiceId: 'in_1',
  number: null,
  isFinal: true,
  startsAt: new Date('2026-04-01T00:00:00Z'),
  endsAt: new Date('2026-05-01T00:00:00Z'),
  unit: 'credit',
  meterUnitMicro: CREDIT,
  periods: 1,
  meteredMicro: 100n * CREDIT,
  ledgerMicro: 100n * CREDIT,
  invoicedMicro: 100n * CREDIT,
  lines: 1,
  invoicedMinor: 100n,
  currency: 'usd',
};

const OPEN: UsageOfInvoice = { ...AGREED, invoiceId: null, isFinal: false, invoicedMicro: null, lines: 0 };

describe('the difference of metered, used and invoiced', () => {
  test.for<[string, readonly UsageOfInvoice[], bigint, bigint]>([
    ['nothing where all three agree', [AGREED], 0n, 0n],
    ['nothing where the invoice is not final: what is metered waits for it', [AGREED, OPEN], 0n, 0n],
    ['nothing where a rest below one meter unit is carried on', [{ ...AGREED, ledgerMicro: 100_400_000n }], 0n, 0n],
    ['a credit that is used and not metered', [{ ...AGREED, ledgerMicro: 101n * CREDIT }], -CREDIT, 0n],
    ['a credit that is metered and not used', [{ ...AGREED, ledgerMicro: 99n * CREDIT }], CREDIT, 0n],
    ['five credits that no line bills', [{ ...AGREED, invoicedMicro: 95n * CREDIT }], 0n, -5n * CREDIT],
  ])('is %s', ([, rows, metered, invoiced]) => {
    expect(usageDifference(usageTotals(rows))).toEqual({ metered, invoiced });
  });

  test('counts invoices, and those that wait', () => {
    expect(usageTotals([AGREED, OPEN])).toMatchObject({ invoices: 1, waiting: 1, notInvoiced: 100n * CREDIT });
  });
});

const EVENTS: EventCounts = {
  received: 3,
  quarantined: 0,
  pricedMicro: 100n * CREDIT,
  posted: 3,
  unfunded: 0,
  unfundedMicro: 0n,
  observed: 0,
  observedMicro: 0n,
  reversed: 0,
  reversedMicro: 0n,
  captures: 0,
};
const METER = { micro: 0n, variances: 0, sent: 1 };
const APRIL = { month: '2026-04', unit: 'credit' };

describe('the funnel', () => {
  test('of usage that all arrived has five steps and no drop', () => {
    const { steps } = usageFunnel(APRIL, [AGREED], EVENTS, METER);
    expect(steps.map(({ name, count, noun, credits }) => [name, count, noun, credits])).toEqual([
      ['events', 3, 'event', null],
      ['priced', 3, 'event', '100000000'],
      ['ledger', 3, 'event', '100000000'],
      ['invoice lines', 1, 'usage line', '100000000'],
      ['Stripe', 1, 'meter event', '100000000'],
    ]);
    expect(steps.flatMap(({ drops }) => drops)).toEqual([]);
  });

  test('names each drop where it happened, and says which are expected', () => {
    const rows = [
      { ...AGREED, ledgerMicro: 100n * CREDIT + 400_000n },
      { ...AGREED, ledgerMicro: 107n * CREDIT, invoicedMicro: 98n * CREDIT },
      OPEN,
    ];
    const events = {
      ...EVENTS,
      quarantined: 2,
      unfunded: 1,
      unfundedMicro: 5n * CREDIT,
      observed: 4,
      observedMicro: 40n * CREDIT,
      reversed: 1,
      reversedMicro: 3n * CREDIT,
      captures: 2,
    };
    const { steps } = usageFunnel(APRIL, rows, events, { micro: -3n * CREDIT, variances: 1, sent: 9 });
    expect(steps.map(({ name, drops }) => [name, drops])).toEqual([
      ['events', []],
      ['priced', [{ why: 'in quarantine', count: 2, credits: null, expected: false }]],
      [
        'ledger',
        [
          { why: 'stored, and nobody pays yet', count: 1, credits: '5000000', expected: false },
          { why: 'only observed', count: 4, credits: '40000000', expected: true },
          { why: 'undone again', count: 1, credits: '3000000', expected: true },
        ],
      ],
      [
        'invoice lines',
        [
          { why: 'of periods whose invoice is not final', count: 1, credits: '100000000', expected: true },
          { why: 'rests below one meter unit', count: 0, credits: '400000', expected: true },
          { why: 'posted and not metered', count: 0, credits: '7000000', expected: false },
          { why: 'metered and not invoiced', count: 0, credits: '2000000', expected: false },
        ],
      ],
      ['Stripe', [{ why: 'Stripe counts something else', count: 1, credits: '3000000', expected: false }]],
    ]);
    expect(steps[2]).toMatchObject({ count: 4, noun: 'use' });
  });
});
