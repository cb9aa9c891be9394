import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import * as clearingEntries from '../src/domain/clearing.ts';
import * as creditNoteEntries from '../src/domain/entries-credit-note.ts';
import * as disputeEntries from '../src/domain/entries-dispute.ts';
import * as shareEntries from '../src/domain/entries-fee-share.ts';
import * as invoiceEntries from '../src/domain/entries-invoice.ts';
import * as paymentEntries from '../src/domain/entries-payment.ts';
import * as revenueEntries from '../src/domain/entries-revenue.ts';
import { FINALIZED, invoice, line, note, noteLine, payment } from './support/documents.ts';

type Draft = invoiceEntries.Draft | null;

const LATER = new Date('2026-05-20T00:00:00Z');
const fee = line('base', 9900n);
const period = { billingPeriodId: 'period', planVersionId: 'version', currency: 'usd' };
const billed = { billingPeriodId: 'period', invoiceId: 'in_1', currency: 'usd', finalizedAt: FINALIZED, lines: 1 };
const lot = {
  lotId: 'lot',
  currency: 'usd',
  grantedMicro: 100n,
  drawnMicro: 60n,
  expiredMicro: 40n,
  paidMinor: 8000n,
  notedMinor: 0n,
  creditsRecognisedMinor: 0n,
  breakageRecognisedMinor: 0n,
};
const earning = {
  invoiceId: 'in_1',
  lineId: 'il_base',
  currency: 'usd',
  netMinor: 9900n,
  recognisedMinor: 0n,
  periodStart: fee.periodStart,
  periodEnd: fee.periodEnd,
};
const shared = {
  invoiceId: 'in_1',
  lineId: 'il_base',
  currency: 'usd',
  shareMinor: 4950n,
  allocatedMinor: 0n,
  periodEnd: fee.periodEnd,
  grantedMicro: 100n,
  drawnMicro: 40n,
  expiredMicro: 60n,
  creditsRecognisedMinor: 0n,
  breakageRecognisedMinor: 0n,
};
const noted = { ...shared, shareMinor: 0n };
const ALL_KINDS = [
  fee,
  line('usage', 12_500n, { creditsAppliedMinor: 10_000n }),
  line('pack', 8000n),
  line('other', 500n),
];
const dispute = { disputeId: 'dp_1', invoiceId: 'in_1', amountMinor: 8000n, currency: 'usd' };
const movement = { transactionId: 'txn_1', feeCurrency: 'usd', at: LATER };
const lost = disputeEntries.disputeLost(dispute, 800n, LATER);
const adjustment = {
  transactionId: 'cbtxn_1',
  type: 'adjustment',
  amountMinor: 500n,
  currency: 'usd',
  createdAt: LATER,
};
const openClearing = {
  account: 'out_of_band_clearing',
  currency: 'usd',
  object: 'in_1',
  kind: 'out_of_band',
  balanceMinor: 100n,
  since: FINALIZED,
} as const;
const settling = { actor: 'finance', reason: 'wire of 3 May', at: LATER, settlementId: 's1' };
const writtenOff = invoice([fee], { uncollectibleAt: LATER, paidAt: LATER });

/** Every entry of the money book, in both directions where it has two. */
const SAMPLES: Readonly<Record<string, readonly Draft[]>> = {
  invoiceFinalized: [
    invoiceEntries.invoiceFinalized(invoice([...ALL_KINDS, line('base', 100n, { taxMinor: 20n })])),
    invoiceEntries.invoiceFinalized(invoice([line('base', -9900n), line('correction', -100n)])),
    invoiceEntries.invoiceFinalized(invoice([], { totalMinor: 4n })),
    invoiceEntries.invoiceFinalized(invoice([], { totalMinor: -4n })),
  ],
  balanceApplied: [
    invoiceEntries.balanceApplied(invoice([fee], { startingBalanceMinor: -500n, endingBalanceMinor: 0n })),
    invoiceEntries.balanceApplied(invoice([fee], { startingBalanceMinor: 500n, endingBalanceMinor: 0n })),
    invoiceEntries.balanceApplied(invoice([fee], { startingBalanceMinor: 0n, endingBalanceMinor: 30n })),
  ],
  invoiceUncollectible: [invoiceEntries.invoiceUncollectible(writtenOff)],
  invoiceRecovered: [invoiceEntries.invoiceRecovered(writtenOff)],
  invoiceVoided: [
    invoiceEntries.invoiceVoided(
      invoice([fee], { voidedAt: LATER }),
      invoiceEntries.invoiceFinalized(invoice([fee]))?.postings ?? [],
    ),
  ],
  paymentReceived: [
    paymentEntries.paymentReceived(invoice([fee]), payment(9900n)),
    paymentEntries.paymentReceived(invoice([fee]), payment(9900n, { type: 'payment_record' })),
  ],
  paidOutOfBand: [paymentEntries.paidOutOfBand(invoice([fee], { paidAt: LATER, amountPaidMinor: 9900n }))],
  invoiceOverpaid: [paymentEntries.invoiceOverpaid(invoice([fee], { paidAt: LATER, amountOverpaidMinor: 100n }))],
  refundSucceeded: [paymentEntries.refundSucceeded({ refundId: 're_1', amountMinor: 100n, currency: 'usd' }, LATER)],
  refundFailed: [paymentEntries.refundFailed({ refundId: 're_1', amountMinor: 100n, currency: 'usd' }, LATER)],
  balanceAdjusted: [
    paymentEntries.balanceAdjusted(adjustment),
    paymentEntries.balanceAdjusted({ ...adjustment, amountMinor: -500n }),
  ],
  creditNoteIssued: [
    creditNoteEntries.creditNoteIssued(
      note(
        ALL_KINDS.map(({ lineId }) => noteLine(lineId, 100n, { taxMinor: 10n })),
        { totalMinor: 441n, customerBalanceMinor: 100n, refundMinor: 100n, outOfBandMinor: 100n },
      ),
      ALL_KINDS,
    ),
  ],
  creditNoteVoided: [
    creditNoteEntries.creditNoteVoided(
      note([noteLine('il_base', 100n)], { voidedAt: LATER }),
      creditNoteEntries.creditNoteIssued(note([noteLine('il_base', 100n)]), [fee])?.postings ?? [],
    ),
  ],
  clearingSettled: [
    clearingEntries.clearingSettled(openClearing, settling),
    clearingEntries.clearingSettled({ ...openClearing, balanceMinor: -100n }, settling),
    clearingEntries.clearingSettled({ ...openClearing, account: 'refund_clearing' }, settling),
    clearingEntries.clearingSettled({ ...openClearing, account: 'refund_clearing', balanceMinor: -100n }, settling),
  ],
  disputeFunds: [
    disputeEntries.disputeFunds(dispute, { ...movement, amountMinor: -8000n, feeMinor: 1500n }),
    disputeEntries.disputeFunds(dispute, { ...movement, amountMinor: 8000n, feeMinor: -1500n }),
  ],
  disputeLost: [lost],
  disputeRecovered: [disputeEntries.disputeRecovered(dispute, lost?.postings ?? [], LATER)],
  feeEarned: [
    revenueEntries.feeEarned(earning, LATER),
    revenueEntries.feeEarned({ ...earning, netMinor: 0n, recognisedMinor: 100n }, LATER),
  ],
  creditsEarned: [
    revenueEntries.creditsEarned(lot, LATER),
    revenueEntries.creditsEarned({ ...lot, creditsRecognisedMinor: 8000n }, LATER),
  ],
  creditsForfeited: [revenueEntries.creditsForfeited(lot, LATER)],
  feeAllocated: [
    shareEntries.feeAllocated(shared, FINALIZED, 'finalized'),
    shareEntries.feeAllocated({ ...noted, allocatedMinor: 4950n }, LATER, 'cn_1'),
  ],
  shareEarned: [
    shareEntries.shareEarned(shared, LATER),
    shareEntries.shareEarned({ ...noted, creditsRecognisedMinor: 1980n }, LATER),
  ],
  shareForfeited: [
    shareEntries.shareForfeited(shared, LATER),
    shareEntries.shareForfeited({ ...noted, breakageRecognisedMinor: 2970n }, LATER),
  ],
  usageAccrued: [
    revenueEntries.usageAccrued({ ...period, worthMinor: 2500n, accruedMinor: 0n }, LATER),
    revenueEntries.usageAccrued({ ...period, worthMinor: 0n, accruedMinor: 2500n }, LATER),
  ],
  usageWrittenOff: [revenueEntries.usageWrittenOff({ ...period, worthMinor: 2500n, accruedMinor: 2500n }, LATER)],
  usageSettled: [
    revenueEntries.usageSettled({ ...billed, accruedMinor: 2500n, invoicedMinor: 0n, discountsMinor: 2500n }),
    revenueEntries.usageSettled({ ...billed, accruedMinor: 2500n, invoicedMinor: 2501n, discountsMinor: 0n }),
    revenueEntries.usageSettled({ ...billed, accruedMinor: 2501n, invoicedMinor: 2500n, discountsMinor: 0n }),
    revenueEntries.usageSettled({ ...billed, accruedMinor: 2500n, invoicedMinor: 2600n, discountsMinor: 0n }),
    revenueEntries.usageSettled({ ...billed, accruedMinor: 2600n, invoicedMinor: 2500n, discountsMinor: 0n }),
  ],
};

/** Functions of the same files that are no entries, or entries of the credits book. */
const NO_MONEY_ENTRY = new Set([
  'nettedAway',
  'usageNet',
  'earnedFee',
  'earnedLot',
  'overageBilled',
  'overageWrittenOff',
  'toSettle',
  'dayOf',
  'earnedEntry',
  'includedShare',
  'earnedShare',
]);

const posted = new Set(
  Object.values(SAMPLES).flatMap((drafts) =>
    drafts.flatMap((draft) =>
      (draft?.postings ?? []).map(({ from, to }) => `${draft?.kind}: ${from.kind} → ${to.kind}`),
    ),
  ),
);

function documented(text: string): Set<string> {
  const section = text.split(/^## /m).find((part) => part.startsWith('Money book')) ?? '';
  const rows = section.matchAll(/^\| `([\w.]+)`\s*\| `([\w.]+)` ([→↔]) `([\w.]+)`/gm);
  return new Set(
    [...rows].flatMap(([, kind, from, arrow, to]) =>
      arrow === '↔' ? [`${kind}: ${from} → ${to}`, `${kind}: ${to} → ${from}`] : [`${kind}: ${from} → ${to}`],
    ),
  );
}

const text = await readFile(new URL('../docs/ledger.md', import.meta.url), 'utf8');

describe('docs/ledger.md', () => {
  test('every function of the manual is tried', () => {
    const exported = [
      invoiceEntries,
      paymentEntries,
      creditNoteEntries,
      clearingEntries,
      disputeEntries,
      revenueEntries,
      shareEntries,
    ].flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
    );
    expect(Object.keys(SAMPLES).toSorted()).toEqual(exported.filter((name) => !NO_MONEY_ENTRY.has(name)).toSorted());
  });

  test('the table of the money book is what the code posts, both ways', () => {
    expect([...documented(text)].toSorted()).toEqual([...posted].toSorted());
  });

  test('a row that is missing, and one too many, would be noticed', () => {
    const missing = documented(text.replace(/^\| `refund\.failed`.*$/m, ''));
    expect(missing.size).toBe(posted.size - 1);
    const invented = documented(text.replace('`refund_clearing` → `cash`', '`refund_clearing` → `bad_debt`'));
    expect([...invented].filter((row) => !posted.has(row))).toEqual(['refund.failed: refund_clearing → bad_debt']);
  });

  test('every entry has an example in numbers', () => {
    const section = text.split(/^## /m).find((part) => part.startsWith('The money book in numbers')) ?? '';
    const examples = [...section.matchAll(/^\| `([\w.]+)` *\| (.+) \|$/gm)].filter(([, , example = '']) =>
      /\d/.test(example),
    );
    // A correction goes between any two accounts, so no move of it is listed.
    const kinds = new Set([...[...posted].map((row) => row.split(':')[0]), 'variance.corrected']);
    expect(new Set(examples.map(([, kind]) => kind))).toEqual(kinds);
  });

  test('every account that is posted to is explained', () => {
    const accounts = new Set([...posted].flatMap((row) => (row.split(': ')[1] ?? '').split(' → ')));
    const unexplained = [...accounts].filter((name) => !new RegExp(`^\\| [^|]*\`${name}\``, 'm').test(text));
    expect(unexplained).toEqual([]);
  });
});
