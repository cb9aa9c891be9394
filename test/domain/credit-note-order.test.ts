import { describe, expect, test } from 'vitest';

import { creditable, type CreditNoteOrder, namedLines, noteParts } from '../../src/domain/credit-note-order.ts';
import type { Invoice } from '../../src/domain/invoice.ts';
import { invoice, line, note, noteLine, payment } from '../support/documents.ts';

const A1 = invoice([line('base', 9900n), line('usage', 12_500n, { creditsAppliedMinor: 10_000n })], {
  status: 'paid',
  amountRemainingMinor: 0n,
  payments: [payment(12_400n)],
});

function named(order: Partial<CreditNoteOrder>, of: Invoice = A1) {
  const answer = namedLines({ invoiceId: 'in_1', settlement: 'customer_balance', ...order }, of, []);
  return 'rejected' in answer
    ? answer.rejected.code
    : answer.map(({ invoiceLineId, amountMinor }) => `${invoiceLineId} ${amountMinor}`);
}

describe('what can be credited', () => {
  test.for([
    ['money only: credits paid the rest', [], { il_base: 9900n, il_usage: 2500n }],
    [
      'less earlier notes',
      [note([noteLine('il_usage', 5000n, { creditsMinor: 4000n })])],
      { il_base: 9900n, il_usage: 1500n },
    ],
    ['void notes count no more', [note([noteLine('il_usage', 5000n)], { status: 'void' })], { il_usage: 2500n }],
    [
      'a note without a line takes from the whole',
      [note([noteLine(null, 12_000n)])],
      { il_base: 400n, il_usage: 400n },
    ],
  ] as const)('%s', ([, notes, expected]) => {
    expect(Object.fromEntries(creditable(A1, notes).byLine)).toMatchObject(expected);
  });

  test('a correction that took usage off cannot be given back with it', () => {
    const corrected = invoice([line('usage', 12_500n), line('correction', -10_000n)]);
    expect(Object.fromEntries(creditable(corrected, []).byLine)).toEqual({ il_usage: 2500n, il_correction: 0n });
  });
});

describe('the money that is named', () => {
  test.for<[string, Partial<CreditNoteOrder>, string | string[]]>([
    ['a part of a line', { lines: [{ invoiceLineId: 'il_usage', amountMinor: 1000n }] }, ['il_usage 1000']],
    ['all that is left of a line', { lines: [{ invoiceLineId: 'il_usage' }] }, ['il_usage 2500']],
    ['an amount, from usage first', { amountMinor: 3000n }, ['il_usage 2500', 'il_base 500']],
    ['a cent too much of a line', { lines: [{ invoiceLineId: 'il_usage', amountMinor: 2501n }] }, 'not_creditable'],
    ['a cent too much of the whole', { amountMinor: 12_401n }, 'not_creditable'],
    ['a stranger’s line', { lines: [{ invoiceLineId: 'il_x', amountMinor: 1n }] }, 'invalid_request'],
    ['nothing', { lines: [] }, 'invalid_request'],
    ['no amount and no line', {}, 'invalid_request'],
    ['a negative amount', { amountMinor: -1n }, 'invalid_request'],
    ['one line twice', { lines: [{ invoiceLineId: 'il_base' }, { invoiceLineId: 'il_base' }] }, 'invalid_request'],
  ])('%s', ([, order, expected]) => {
    expect(named(order)).toEqual(expected);
  });

  test.for(['draft', 'void', 'uncollectible', 'deleted'])('nothing of an invoice that is %s', (status) => {
    expect(named({ amountMinor: 1n }, { ...A1, status })).toBe('not_creditable');
  });
});

describe('where it goes', () => {
  const open = { ...A1, status: 'open', amountRemainingMinor: 2000n, payments: [payment(10_400n)] };
  const parts = (total: bigint, of: Invoice, settlement: CreditNoteOrder['settlement']) => {
    const answer = noteParts(total, of, settlement);
    return 'rejected' in answer ? answer.rejected.code : [answer.openMinor, answer.paidMinor];
  };

  test.for<[string, bigint, Invoice, CreditNoteOrder['settlement'], string | bigint[]]>([
    ['on the open part first', 1500n, open, 'reduce_due', [1500n, 0n]],
    ['the rest as it was paid', 3000n, open, 'refund', [2000n, 1000n]],
    ['a paid invoice has nothing due to reduce', 1n, A1, 'reduce_due', 'settlement_mismatch'],
    ['no more is refunded than came through Stripe', 12_400n, A1, 'refund', [0n, 12_400n]],
    [
      'money that came another way cannot be refunded here',
      1n,
      { ...A1, payments: [payment(12_400n, { type: 'payment_record' })] },
      'refund',
      'settlement_mismatch',
    ],
    ['the customer balance takes any', 500n, { ...A1, payments: [] }, 'customer_balance', [0n, 500n]],
  ])('%s', ([, total, of, settlement, expected]) => {
    expect(parts(total, of, settlement)).toEqual(expected);
  });
});
