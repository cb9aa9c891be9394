import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type CreditPrice, worthUp } from '../../src/domain/credit-price.ts';
import { type Difference, kindOf, subjectOf } from '../../src/domain/reconciliation.ts';
import {
  type BilledPeriod,
  compareAppliedCredits,
  compareBilledUsage,
} from '../../src/domain/reconciliation/applied-credits.ts';
import { compareCorrectionTaxes } from '../../src/domain/reconciliation/correction-taxes.ts';
import { compareInvoices, type InvoiceHere } from '../../src/domain/reconciliation/invoices.ts';
import { compareUsage, type MeterMessage, type PeriodUsage } from '../../src/domain/reconciliation/usage.ts';
import type { InvoiceThere } from '../../src/domain/statement.ts';
import { VARIANCE_KINDS } from '../../src/domain/variance-kinds.ts';
import { CHECKS } from '../../src/domain/variance.ts';

const HOUR = 3_600_000;
/** $0.01 a credit, metered in thousandths. */
const CENT: CreditPrice = { currency: 'usd', perMicro: { numerator: 1n, denominator: 1_000_000n } };

const invoice: InvoiceThere = {
  invoiceId: 'in_1',
  status: 'paid',
  currency: 'usd',
  subtotalMinor: 22_400n,
  discountsMinor: 0n,
  creditsAppliedMinor: 10_000n,
  taxMinor: 0n,
  totalMinor: 12_400n,
  startingBalanceMinor: -1_000n,
  endingBalanceMinor: 0n,
  amountDueMinor: 11_400n,
  amountPaidMinor: 11_400n,
  amountRemainingMinor: 0n,
  preNotesMinor: 0n,
  hasAutomaticTax: false,
  lines: [
    line('il_base', 'price_base', '1', 9_900n, 0n),
    line('il_usage', 'price_metered', '12500000', 12_500n, 10_000n),
  ],
  payments: [{ invoicePaymentId: 'inpay_1', status: 'paid', intentId: null, amountPaidMinor: 11_400n }],
};

function line(lineId: string, priceId: string, quantity: string, amountMinor: bigint, creditsAppliedMinor: bigint) {
  const none = { discountsMinor: 0n, taxMinor: 0n, inclusiveTaxMinor: 0n, taxes: [], isCorrection: false, key: null };
  return { lineId, priceId, quantity, amountMinor, creditsAppliedMinor, ...none };
}

const mirrored: InvoiceHere = { ...invoice, isPosted: true, hasMoney: true, lotsMissing: [] };

const period: BilledPeriod = {
  billingPeriodId: 'period_1',
  invoiceId: 'in_1',
  price: CENT,
  meteredPriceId: 'price_metered',
  foreignPriceIds: new Set(['price_dear']),
  meterUnitMicro: 1_000n,
  emittedUnits: 12_500_000n,
  lotsPaidMicro: 10_000_000_000n,
  overageMicro: 2_500_000_000n,
  excessCreditedMinor: 0n,
  acceptedBecause: null,
  isSuperseded: false,
};

const subjects = (differences: readonly Difference[]): readonly string[] => differences.map(subjectOf);

describe('invoices by Stripe’s own rules', () => {
  test('an invoice that adds up has no difference', () => {
    expect(compareInvoices([mirrored], [invoice], new Set()).differences).toEqual([]);
    expect(compareBilledUsage(period, invoice).differences).toEqual([]);
    expect(compareAppliedCredits(period, invoice).differences).toEqual([]);
  });

  test.for([
    ['a total that is not its lines', { totalMinor: 12_401n, amountDueMinor: 11_401n }, 'total'],
    ['credits that no line carries', { creditsAppliedMinor: 9_999n, totalMinor: 12_401n }, 'credits applied'],
    ['a rest that is not due less paid', { amountRemainingMinor: 5n }, 'amount remaining'],
    ['a due that is not total and balance', { startingBalanceMinor: 0n }, 'amount due'],
  ] as const)('%s', ([, change, rule]) => {
    const broken = { ...invoice, ...change };
    const { differences } = compareInvoices([{ ...mirrored, ...change }], [broken], new Set());
    expect(subjects(differences)).toContain(`invoice_identity in_1 ${rule}`);
  });

  test('a draft is not held to them, nor compared while it changes', () => {
    const draft = { ...invoice, status: 'draft', totalMinor: 1n };
    expect(compareInvoices([{ ...mirrored, status: 'draft' }], [draft], new Set()).differences).toEqual([]);
  });

  test('a single minor unit in the customer’s favour is rounding, one against him is not', () => {
    const cheaper = { ...invoice, lines: [line('il_usage', 'price_metered', '12500000', 12_500n, 10_001n)] };
    expect(compareBilledUsage(period, cheaper).differences).toMatchObject([
      { kind: 'invoice_owed_rounding', amount: '-1' },
    ]);
    const dearer = { ...invoice, lines: [line('il_usage', 'price_metered', '12500000', 12_500n, 9_999n)] };
    expect(compareBilledUsage(period, dearer).differences).toMatchObject([
      { kind: 'invoice_owed', amount: '1', explanation: null },
    ]);
  });
});

test('an excess that a credit note gave back is explained on both sides', () => {
  const dearer = { ...invoice, lines: [line('il_usage', 'price_metered', '12500000', 12_500n, 9_900n)] };
  const credited = { ...period, excessCreditedMinor: 100n };
  expect(compareBilledUsage(credited, dearer).differences).toMatchObject([
    { kind: 'invoice_excess_credited', amount: '100', explanation: expect.stringContaining('100 usd') as string },
  ]);
  expect(compareAppliedCredits(credited, dearer).differences).toMatchObject([
    { kind: 'credits_applied_shaped', amount: '-100', explanation: expect.stringContaining('note') as string },
  ]);
  expect(compareBilledUsage({ ...period, excessCreditedMinor: 99n }, dearer).differences).toMatchObject([
    { kind: 'invoice_owed', explanation: null },
  ]);
});

describe('usage at another price on the meter', () => {
  const dear = line('il_dear', 'price_dear', '10500000', 52_500n, 0n);
  const moved = { ...invoice, lines: [dear] };

  test('asks $500.00 too much where $25.00 are owed, and a quantity that was never reported', () => {
    expect(compareBilledUsage(period, moved).differences).toMatchObject([
      { kind: 'usage_quantity', amount: '-2000000', explanation: null },
      { kind: 'invoice_owed', ours: '2500', theirs: '52500', amount: '50000', explanation: null },
    ]);
    expect(compareAppliedCredits(period, moved).differences).toMatchObject([
      { kind: 'credits_applied', amount: '-10000', explanation: null },
    ]);
  });

  test('counts beside the agreed one', () => {
    const twice = { ...invoice, lines: [...invoice.lines, dear] };
    expect(compareBilledUsage(period, twice).differences).toMatchObject([
      { kind: 'usage_quantity', amount: '10500000' },
      { kind: 'invoice_owed', amount: '52500' },
    ]);
  });

  test('an item, or a note, that makes it ask what is owed explains all of it', () => {
    const item = { ...line('il_item', '', '1', -50_000n, 0n), priceId: null, isCorrection: true };
    const corrected = { ...invoice, lines: [dear, item] };
    const kinds = (of: BilledPeriod, on: InvoiceThere) =>
      [compareBilledUsage(of, on), compareAppliedCredits(of, on)]
        .flatMap(({ differences }) => differences)
        .map(({ kind, explanation }) => `${kind} ${explanation === null ? 'open' : 'explained'}`);
    expect(kinds(period, corrected)).toEqual([
      'usage_quantity explained',
      'invoice_corrected explained',
      'credits_applied_shaped explained',
    ]);
    expect(kinds({ ...period, excessCreditedMinor: 50_000n }, moved)).toEqual([
      'usage_quantity explained',
      'invoice_excess_credited explained',
      'credits_applied_shaped explained',
    ]);
  });
});

test('a gift that a person accepted is explained by who and why', () => {
  const cheaper = { ...invoice, lines: [line('il_usage', 'price_metered', '12500000', 12_500n, 12_500n)] };
  const accepted = { ...period, acceptedBecause: 'Accepted by me: a coupon' };
  expect(compareBilledUsage(accepted, cheaper).differences).toMatchObject([
    { kind: 'invoice_gift_accepted', amount: '-2500', explanation: 'Accepted by me: a coupon' },
  ]);
});

describe('what a final invoice bills', () => {
  const usage = (quantity: string | null): InvoiceThere => ({
    ...invoice,
    lines: [{ ...line('il_usage', 'price_metered', '', 12_500n, 10_000n), quantity }],
  });

  test.for([
    ['12500000', '0'],
    ['12500000.000', '0'],
    ['12500000.5', '1'],
    ['12499999', '-1'],
    [null, '-12500000'],
  ] as const)('a quantity of %s is %s meter units off', ([quantity, off]) => {
    const { differences } = compareBilledUsage(period, usage(quantity));
    const expected = off === '0' ? [] : [{ kind: 'usage_quantity', amount: off, unit: 'meter units' }];
    expect(differences).toMatchObject(expected);
  });

  test('a period below zero is billed as nothing', () => {
    const nothing = { ...period, emittedUnits: -5n, lotsPaidMicro: -5_000n };
    const empty = { ...invoice, lines: [] };
    expect(compareBilledUsage(nothing, empty).differences).toEqual([]);
  });

  test('an item that makes up for credits that did not fit explains both', () => {
    const item = { ...line('il_item', '', '1', 500n, 0n), priceId: null, isCorrection: true };
    const shaped = {
      ...invoice,
      lines: [line('il_usage', 'price_metered', '12500000', 12_500n, 10_500n), item],
    };
    expect(compareAppliedCredits(period, shaped).differences).toMatchObject([
      {
        kind: 'credits_applied_shaped',
        amount: '500',
        explanation: 'An item of 500 usd on the invoice makes up for it.',
      },
    ]);
    expect(compareBilledUsage(period, shaped).differences).toMatchObject([
      { kind: 'invoice_corrected', ours: '2000', theirs: '2500' },
    ]);
  });

  test('so does one that was rounded by itself, for a price in parts of a cent', () => {
    // 2 828 credits at $0.0333 are $94.17, rounded; 2 281 of them paid by lots $75.96, rounded up, and 547 owed $18.22.
    const price = { currency: 'usd', perMicro: { numerator: 333n, denominator: 100_000_000n } };
    const odd = { ...period, price, emittedUnits: 2_828_000n, lotsPaidMicro: 2_281_000_000n };
    const taken = (correction: bigint): InvoiceThere => {
      const item = { ...line('il_item', '', '1', correction, 0n), priceId: null, isCorrection: true };
      return { ...invoice, lines: [line('il_usage', 'price_metered', '2828000', 9_417n, 8_668n), item] };
    };
    const kinds = (correction: bigint): readonly string[] =>
      [compareAppliedCredits(odd, taken(correction)), compareBilledUsage(odd, taken(correction))].flatMap(
        ({ differences }) => differences.map(({ kind }) => kind),
      );
    expect(kinds(1_073n)).toEqual(['credits_applied_shaped', 'invoice_corrected']);
    expect(kinds(1_075n)).toEqual(['credits_applied', 'invoice_corrected', 'invoice_owed']);
  });
});

describe('a correction that is taxed otherwise than the usage', () => {
  const vat = [{ rateId: 'txr_vat', isInclusive: false, reason: 'not_available' }];
  // 20 % of $125.00 less $100.00 of credits.
  const usage = { ...line('il_usage', 'price_metered', '12500000', 12_500n, 10_000n), taxMinor: 500n, taxes: vat };
  const item = { ...line('il_item', '', '1', -300n, 0n), priceId: null, isCorrection: true };
  const found = (...lines: InvoiceThere['lines']) =>
    compareCorrectionTaxes(period, { ...invoice, lines }).differences.map((difference) => ({ ...difference }));

  test('is named with its share of the usage’s tax and what it has', () => {
    expect(found(usage, item)).toMatchObject([
      { kind: 'correction_taxed_otherwise', object: 'in_1 il_item', ours: '-60', theirs: '0', amount: '60' },
    ]);
    expect(found(usage, { ...item, taxMinor: -60n, taxes: vat })).toEqual([]);
  });

  test('is named by its taxes where credits paid all of the usage', () => {
    const paid = { ...usage, creditsAppliedMinor: 12_500n, taxMinor: 0n };
    expect(found(paid, item)).toMatchObject([{ ours: 'txr_vat', theirs: 'no tax', amount: null }]);
  });

  test('is none of this period’s when it corrects another', () => {
    expect(found(usage, { ...item, key: 'correction/period_0' })).toEqual([]);
  });
});

describe('an event in the inbox', () => {
  const waiting = new Set(['in_1']);

  test('explains an invoice that is behind, and nothing where both sides agree', () => {
    const paid = { ...invoice, status: 'paid' };
    expect(subjects(compareInvoices([{ ...mirrored, status: 'open' }], [paid], waiting).differences)).toEqual([
      'invoice_behind in_1',
    ]);
    expect(subjects(compareInvoices([], [paid], waiting).differences)).toEqual(['invoice_behind in_1']);
    const unposted = { ...mirrored, isPosted: false, lotsMissing: ['il_pack'] };
    expect(compareInvoices([unposted], [paid], waiting).differences).toEqual([]);
    expect(subjects(compareInvoices([unposted], [paid], new Set()).differences)).toEqual([
      'invoice_without_lot in_1 il_pack',
      'invoice_unposted in_1',
    ]);
  });

  test('nothing is posted for a void invoice, and a balance that is not final is not compared', () => {
    const voided = { ...invoice, status: 'void', endingBalanceMinor: null };
    const here = { ...mirrored, ...voided, isPosted: false };
    expect(compareInvoices([here], [voided], new Set()).differences).toEqual([]);
    const overpaid = { ...invoice, amountPaidMinor: 11_500n };
    expect(compareInvoices([{ ...mirrored, ...overpaid }], [overpaid], new Set()).differences).toEqual([]);
  });
});

const message = (value: bigint, more: Partial<MeterMessage> = {}): MeterMessage => ({
  key: `m${value}`,
  value,
  isDone: true,
  ageMs: 2 * HOUR,
  ...more,
});

function usageOf(messages: readonly MeterMessage[], more: Partial<PeriodUsage> = {}): PeriodUsage {
  const emittedUnits = messages.reduce((sum, { value }) => sum + value, 0n);
  const sums = { meterUnitMicro: 1_000n, rolledMicro: emittedUnits * 1_000n, waitingMicro: 0n, emittedUnits };
  return { takenOverUnits: 0n, billingPeriodId: 'p', unit: 'credit', isFinal: false, messages, ...sums, ...more };
}

describe('usage on its way', () => {
  test.for([
    ['all counted', [message(7n)], 7n, []],
    ['sent a minute ago', [message(7n), message(2n, { ageMs: 60_000 })], 7n, ['usage_in_flight p']],
    ['sent a minute ago and already counted', [message(7n), message(2n, { ageMs: 60_000 })], 9n, []],
    ['a negative delta on its way', [message(7n), message(-2n, { ageMs: 60_000 })], 7n, ['usage_in_flight p']],
    [
      'more is missing than is on its way',
      [message(7n), message(2n, { ageMs: 60_000 })],
      6n,
      ['meter_events_swallowed p'],
    ],
    ['sent two hours ago', [message(7n), message(2n)], 7n, ['meter_events_swallowed p']],
    ['never sent', [message(7n), message(2n, { isDone: false })], 7n, ['meter_events_never_sent p']],
    ['one of ours twice', [message(7n), message(2n)], 11n, ['meter_event_twice p']],
    ['somebody else’s', [message(7n)], 12n, ['meter_events_foreign p']],
    ['parts of a unit', [message(7n)], null, ['meter_events_foreign p']],
  ] as const)('%s', ([, messages, counted, expected]) => {
    expect(subjects(compareUsage(usageOf(messages), counted).differences)).toEqual(expected);
  });

  test('nothing is on its way once the invoice is final', () => {
    const young = [message(7n), message(2n, { ageMs: 60_000 })];
    const { differences } = compareUsage(usageOf(young, { isFinal: true }), 7n);
    expect(subjects(differences)).toEqual(['meter_events_swallowed p']);
  });

  test('whatever was sent long ago and counted whole has no difference', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-1_000_000n, 1_000_000n)), (values) => {
        const usage = usageOf(values.map((value) => message(value)));
        expect(compareUsage(usage, usage.emittedUnits).differences).toEqual([]);
      }),
    );
  });
});

describe('credits that a final invoice took', () => {
  test('are what lots paid, rounded up: any other sum is a variance, and its size is the difference', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 13n), fc.bigInt(-500n, 500n), (lotsPaidMicro, off) => {
        const paid = worthUp(CENT, lotsPaidMicro);
        const taken = { ...invoice, lines: [line('il', 'price_metered', '0', paid, paid + off)] };
        const { differences } = compareAppliedCredits({ ...period, lotsPaidMicro }, taken);
        const kind = off === -1n ? 'credits_applied_rounding' : 'credits_applied';
        const expected = off === 0n ? [] : [{ kind, amount: off.toString() }];
        expect(differences).toMatchObject(expected);
      }),
    );
  });
});

test('every kind belongs to a check that exists and says what to do', () => {
  const kinds = Object.values(VARIANCE_KINDS);
  expect(new Set(kinds.map(({ check }) => check))).toEqual(new Set(CHECKS));
  expect(kinds.filter(({ cause, repair }) => !cause.endsWith('.') || !repair.endsWith('.'))).toEqual([]);
  expect(kindOf({ kind: 'grant_foreign' } as Difference).check).toBe('credits');
});
