import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { creditNoteIssued } from '../../src/domain/entries-credit-note.ts';
import { earnedShare, feeAllocated, includedShare, type SharedFee } from '../../src/domain/entries-fee-share.ts';
import { balanceApplied, type Draft, invoiceFinalized, invoiceVoided } from '../../src/domain/entries-invoice.ts';
import {
  creditsEarned,
  earnedFee,
  earnedLot,
  type EarningLot,
  feeEarned,
  usageAccrued,
  usageSettled,
} from '../../src/domain/entries-revenue.ts';
import { LINE_KINDS } from '../../src/domain/invoice.ts';
import { FINALIZED, invoice, line, note, noteLine } from '../support/documents.ts';

/** Balances after an entry: what came in less what went out. */
function balances(...drafts: readonly (Draft | null)[]): Record<string, bigint> {
  const found: Record<string, bigint> = {};
  for (const { from, to, amount } of drafts.flatMap((draft) => draft?.postings ?? [])) {
    found[from.kind] = (found[from.kind] ?? 0n) - amount;
    found[to.kind] = (found[to.kind] ?? 0n) + amount;
  }
  return Object.fromEntries(Object.entries(found).filter(([, balance]) => balance !== 0n));
}

describe('a finalized invoice', () => {
  test.for([
    [
      'A1: fee, usage less credits',
      [line('base', 9900n), line('usage', 12_500n, { creditsAppliedMinor: 10_000n })],
      { receivable: 12_400n, 'deferred.subscription': -9900n, unbilled_receivable: -2500n },
    ],
    [
      'A2: a proration of two lines',
      [line('base', 29_400n), line('base', -12_250n), line('base', 14_700n), line('usage', 1050n)],
      { receivable: 32_900n, 'deferred.subscription': -31_850n, unbilled_receivable: -1050n },
    ],
    [
      'tax on top is not ours',
      [line('pack', 8000n, { taxMinor: 1600n })],
      { receivable: 9600n, 'deferred.credits': -8000n, tax_payable: -1600n },
    ],
    [
      'tax inside the price is not ours either',
      [line('pack', 8000n, { taxMinor: 1333n, inclusiveTaxMinor: 1333n })],
      { receivable: 8000n, 'deferred.credits': -6667n, tax_payable: -1333n },
    ],
    [
      'A9: a discount lowers what is deferred',
      [line('base', 9900n, { discountsMinor: 1980n })],
      { receivable: 7920n, 'deferred.subscription': -7920n },
    ],
    [
      'a correction of ten cents stands with usage',
      [line('usage', 900n, { creditsAppliedMinor: 300n }), line('correction', -100n)],
      { receivable: 500n, unbilled_receivable: -500n },
    ],
    ['usage that credits paid moves nothing', [line('usage', 4960n, { creditsAppliedMinor: 4960n })], {}],
  ] as const)('%s', ([, lines, expected]) => {
    expect(balances(invoiceFinalized(invoice(lines)))).toEqual(expected);
  });

  test('E8: what Stripe rounds in three-decimal currencies has its own account', () => {
    const kwd = invoice([line('base', 30_000n), line('usage', 43_754n, { creditsAppliedMinor: 35_000n })], {
      currency: 'kwd',
      totalMinor: 38_750n,
    });
    expect(balances(invoiceFinalized(kwd))).toMatchObject({ receivable: 38_750n, rounding: 4n });
  });

  test('a draft is not in the books', () => {
    expect(invoiceFinalized(invoice([line('base', 9900n)], { status: 'draft', finalizedAt: null }))).toBeNull();
  });

  test('its entry names what discounts and applied credits took off', () => {
    const entry = invoiceFinalized(
      invoice([line('usage', 12_500n, { creditsAppliedMinor: 10_000n, discountsMinor: 500n })]),
    );
    expect(entry?.stripe).toMatchObject({ discounts_minor: '500', credits_applied_minor: '10000' });
  });

  test.for([
    ['credit that was used', -1000n, 0n, { receivable: -1000n, customer_balance: 1000n }],
    ['debt that was added', 300n, 0n, { receivable: 300n, customer_balance: -300n }],
    ['a total too small to charge', 0n, 30n, { receivable: -30n, customer_balance: 30n }],
    ['nothing', -200n, -200n, {}],
  ] as const)('the customer balance: %s', ([, startingBalanceMinor, endingBalanceMinor, expected]) => {
    const applied = balanceApplied(invoice([line('base', 9900n)], { startingBalanceMinor, endingBalanceMinor }));
    expect(balances(applied)).toEqual(expected);
  });

  const anyLine = fc
    .record({
      kind: fc.constantFrom(...LINE_KINDS),
      amount: fc.bigInt(-100_000n, 1_000_000n),
      discount: fc.bigInt(0n, 500n),
      credits: fc.bigInt(0n, 500n),
      tax: fc.bigInt(0n, 500n),
      isInclusive: fc.boolean(),
    })
    .map(({ kind, amount, discount, credits, tax, isInclusive }) =>
      line(kind, amount, {
        discountsMinor: discount,
        creditsAppliedMinor: credits,
        taxMinor: tax,
        inclusiveTaxMinor: isInclusive ? tax : 0n,
      }),
    );

  test('whatever its lines, the customer owes its total, and a void leaves nothing', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 8 }), fc.bigInt(-9n, 9n), (lines, rounded) => {
        const whole = invoice(lines);
        const rounding = invoice(lines, { totalMinor: whole.totalMinor + rounded, voidedAt: FINALIZED });
        const entry = invoiceFinalized(rounding);
        expect(balances(entry)['receivable'] ?? 0n).toBe(rounding.totalMinor);
        expect(balances(entry, invoiceVoided(rounding, entry?.postings ?? []))).toEqual({});
      }),
    );
  });
});

describe('a credit note', () => {
  test('D2: ten dollars of usage to the customer balance, its share of credits left alone', () => {
    const issued = note([noteLine('il_usage', 5000n, { creditsMinor: 4000n })], {
      prePaymentMinor: 0n,
      postPaymentMinor: 1000n,
      customerBalanceMinor: 1000n,
    });
    expect(balances(creditNoteIssued(issued, [line('usage', 12_500n)]))).toEqual({
      customer_balance: -1000n,
      'revenue.usage': 1000n,
    });
  });

  test('half open, half paid: what is due falls, the rest goes back', () => {
    const issued = note([noteLine('il_base', 2000n, { taxMinor: 400n })], {
      prePaymentMinor: 1000n,
      postPaymentMinor: 1400n,
      refundMinor: 1400n,
    });
    expect(balances(creditNoteIssued(issued, [line('base', 9900n)]))).toEqual({
      receivable: -1000n,
      refund_clearing: -1400n,
      'deferred.subscription': 2000n,
      tax_payable: 400n,
    });
  });

  test('a note that names no line comes off the lines in their order', () => {
    const issued = note([noteLine(null, 10_500n)]);
    const lines = [line('base', 9900n), line('usage', 2500n)];
    expect(balances(creditNoteIssued(issued, lines))).toEqual({
      receivable: -10_500n,
      'deferred.subscription': 9900n,
      'revenue.usage': 600n,
    });
  });
});

describe('revenue', () => {
  const april = { periodStart: new Date('2026-04-01T00:00:00Z'), periodEnd: new Date('2026-05-01T00:00:00Z') };
  const fee = { invoiceId: 'in_1', lineId: 'il_1', currency: 'usd', netMinor: 9900n, recognisedMinor: 0n, ...april };

  test.for([
    ['before it begins', '2026-03-31T00:00:00Z', 0n],
    ['after a day', '2026-04-02T00:00:00Z', 330n],
    ['after half of it', '2026-04-16T00:00:00Z', 4950n],
    ['on the last day', '2026-05-01T00:00:00Z', 9900n],
    ['long after', '2027-01-01T00:00:00Z', 9900n],
  ] as const)('a fee of $99.00 for April, %s', ([, through, earned]) => {
    expect(earnedFee(fee, new Date(through))).toBe(earned);
  });

  test('in whatever steps a fee is earned, also a negative one, the steps add up to it', () => {
    const step = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.bigInt(-100_000n, 100_000n), fc.array(step, { maxLength: 12 }), (netMinor, days) => {
        let recognisedMinor = 0n;
        for (const day of [...days.toSorted((a, b) => a - b), 40]) {
          const through = new Date(april.periodStart.getTime() + day * 86_400_000);
          const entry = feeEarned({ ...fee, netMinor, recognisedMinor }, through);
          recognisedMinor -= balances(entry)['revenue.subscription'] ?? 0n;
          expect(feeEarned({ ...fee, netMinor, recognisedMinor }, through)).toBeNull();
        }
        expect(recognisedMinor).toBe(netMinor);
      }),
    );
  });

  const lot: EarningLot = {
    lotId: 'lot',
    currency: 'usd',
    grantedMicro: 10_000n,
    drawnMicro: 0n,
    expiredMicro: 0n,
    paidMinor: 8000n,
    notedMinor: 0n,
    creditsRecognisedMinor: 0n,
    breakageRecognisedMinor: 0n,
  };

  test.for([
    ['unused', {}, { credits: 0n, breakage: 0n }],
    ['A3: 6 200 of 10 000 used', { drawnMicro: 6200n }, { credits: 4960n, breakage: 0n }],
    ['A3: and the rest refunded', { drawnMicro: 6200n, notedMinor: 3040n }, { credits: 4960n, breakage: 0n }],
    ['more refunded than was left', { drawnMicro: 6200n, notedMinor: 5000n }, { credits: 3000n, breakage: 0n }],
    ['the rest expired', { drawnMicro: 6200n, expiredMicro: 3800n }, { credits: 4960n, breakage: 3040n }],
    ['all used', { drawnMicro: 10_000n }, { credits: 8000n, breakage: 0n }],
  ] as const)('a pack of $80.00, %s', ([, change, expected]) => {
    expect(earnedLot({ ...lot, ...change })).toEqual(expected);
  });

  test('the last credit of a lot takes what rounding left', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 1_000n), fc.bigInt(1n, 9_999n), (grantedMicro, paidMinor) => {
        let earned = 0n;
        for (let drawnMicro = 1n; drawnMicro <= grantedMicro; drawnMicro += 1n) {
          const state = { ...lot, grantedMicro, paidMinor, drawnMicro, creditsRecognisedMinor: earned };
          earned -= balances(creditsEarned(state, FINALIZED))['revenue.credits'] ?? 0n;
        }
        expect(earned).toBe(paidMinor);
      }),
      { numRuns: 20 },
    );
  });

  test.for([
    ['as billed', { invoicedMinor: 2500n, discountsMinor: 0n }, {}],
    ['A9: a coupon took it', { invoicedMinor: 0n, discountsMinor: 2500n }, { discounts: 2500n }],
    ['a cent of rounding', { invoicedMinor: 2501n, discountsMinor: 0n }, { rounding: -1n }],
    ['a dollar more than the ledger says', { invoicedMinor: 2600n, discountsMinor: 0n }, { 'revenue.usage': -100n }],
  ] as const)('usage of $25.00 that is final, %s', ([, billed, difference]) => {
    const period = { billingPeriodId: 'period', planVersionId: 'version', currency: 'usd' };
    const settled = usageSettled({
      billingPeriodId: 'period',
      invoiceId: 'in_1',
      currency: 'usd',
      accruedMinor: 2500n,
      lines: 1,
      finalizedAt: FINALIZED,
      ...billed,
    });
    const finalized = invoiceFinalized(invoice([line('usage', billed.invoicedMinor)]));
    const accrued = usageAccrued({ ...period, worthMinor: 2500n, accruedMinor: 0n }, FINALIZED);
    const books = balances(accrued, finalized, settled);
    const expected: Record<string, bigint> = { 'revenue.usage': -2500n, receivable: billed.invoicedMinor };
    for (const [kind, amount] of Object.entries(difference)) expected[kind] = (expected[kind] ?? 0n) + amount;
    expect(books).toEqual(Object.fromEntries(Object.entries(expected).filter(([, amount]) => amount !== 0n)));
  });
});

describe('the share of a fee for included credits', () => {
  const fee: SharedFee = {
    invoiceId: 'in_1',
    lineId: 'il_base',
    currency: 'usd',
    shareMinor: 4950n,
    allocatedMinor: 0n,
    periodEnd: new Date('2026-05-01T00:00:00Z'),
    grantedMicro: 10_000n,
    drawnMicro: 0n,
    expiredMicro: 0n,
    creditsRecognisedMinor: 0n,
    breakageRecognisedMinor: 0n,
  };

  test.for([
    [9900n, 50, 4950n],
    [9901n, 50, 4951n],
    [9900n, 100, 9900n],
    [3n, 33, 1n],
    [-9900n, 50, 0n],
  ] as const)('%d cents at %d %% are %d', ([net, percent, share]) => {
    expect(includedShare(net, percent)).toBe(share);
  });

  test('whatever is noted in whatever order, both parts are the line, and what is allocated follows the share', () => {
    const amount = fc.bigInt({ min: 0n, max: 1_000n });
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 6 }), fc.integer({ min: 0, max: 100 }), (notes, percent) => {
        let net = 6_000n;
        let allocatedMinor = 0n;
        for (const taken of [0n, ...notes]) {
          net -= taken;
          const shareMinor = includedShare(net, percent);
          const moved = balances(feeAllocated({ ...fee, shareMinor, allocatedMinor }, FINALIZED, 'x'));
          allocatedMinor -= moved['deferred.credits'] ?? 0n;
          expect(allocatedMinor).toBe(shareMinor);
          expect(shareMinor <= net && shareMinor >= 0n).toBe(true);
        }
      }),
    );
  });

  test('the last credit takes the remainder, used or expired', () => {
    const thirds = { ...fee, shareMinor: 100n, grantedMicro: 3n };
    const earned = (drawnMicro: bigint, expiredMicro: bigint) =>
      Object.values(earnedShare({ ...thirds, drawnMicro, expiredMicro }, FINALIZED));
    expect([earned(1n, 0n), earned(2n, 0n), earned(3n, 0n), earned(1n, 2n)]).toEqual([
      [33n, 0n],
      [67n, 0n],
      [100n, 0n],
      [33n, 67n],
    ]);
  });

  test('where no credits came, it is breakage when the period ends', () => {
    const none = { ...fee, grantedMicro: 0n };
    expect(earnedShare(none, new Date('2026-04-30T23:59:59Z'))).toEqual({ credits: 0n, breakage: 0n });
    expect(earnedShare(none, fee.periodEnd)).toEqual({ credits: 0n, breakage: 4950n });
  });
});
