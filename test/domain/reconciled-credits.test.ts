import { describe, expect, test } from 'vitest';

import type { CreditPrice } from '../../src/domain/credit-price.ts';
import { type Difference, subjectOf } from '../../src/domain/reconciliation.ts';
import { compareCreditNotes, type CreditNotesHere } from '../../src/domain/reconciliation/credit-notes.ts';
import { compareCredits, type CreditsHere, type GrantHere } from '../../src/domain/reconciliation/credits.ts';
import { compareInbox, compareOurselves, type Ourselves } from '../../src/domain/reconciliation/ourselves.ts';
import type { CreditMovementThere, CreditNoteThere, GrantThere } from '../../src/domain/statement.ts';

const NOW = new Date('2026-04-10T00:00:00Z');
const LATER = new Date('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
const CENT: CreditPrice = { currency: 'usd', perMicro: { numerator: 1n, denominator: 1_000_000n } };

const subjects = (differences: readonly Difference[]): readonly string[] => differences.map(subjectOf);

const ours: GrantHere = {
  creditGrantId: 'g1',
  poolId: 'pool',
  stripeGrantId: 'credgr_1',
  currency: 'usd',
  amountMinor: 10_000n,
  category: 'paid',
  priority: 50,
  meteredPriceId: 'price_metered',
  state: 'granted',
  backstopAt: LATER,
  ageMs: 5 * HOUR,
};

const theirs: GrantThere = {
  stripeGrantId: 'credgr_1',
  currency: 'usd',
  amountMinor: 10_000n,
  category: 'paid',
  priority: 50,
  priceIds: ['price_metered'],
  effectiveAt: new Date('2026-04-01T00:00:01Z'),
  expiresAt: LATER,
  voidedAt: null,
  key: 'credit_grant/g1',
};

function here(grants: readonly GrantHere[], more: Partial<CreditsHere> = {}): CreditsHere {
  return { now: NOW, grants, movements: [], pools: [], meteredPriceIds: new Set(['price_metered']), ...more };
}

const pool = {
  poolId: 'pool',
  price: CENT,
  meteredPriceId: 'price_metered',
  leftMicro: 9_000_000_000n,
  paidMicro: 1_000_000_000n,
  notFinalInvoiceIds: new Set(['in_draft']),
  isMoving: false,
};

const taken = (more: Partial<CreditMovementThere> = {}): CreditMovementThere => ({
  transactionId: 'cbtxn_1',
  stripeGrantId: 'credgr_1',
  type: 'credits_applied',
  amountMinor: 2_500n,
  currency: 'usd',
  invoiceId: 'in_final',
  invoiceLineId: 'il_1',
  ...more,
});

describe('grants on both sides', () => {
  const ended = new Date('2026-04-05T00:00:00Z');
  test.for<readonly [string, Partial<GrantHere>, Partial<GrantThere>, readonly string[]]>([
    ['the same', {}, {}, []],
    ['never expiring', { backstopAt: null }, { expiresAt: null }, []],
    ['voided there', {}, { voidedAt: ended }, ['grant_ended_there credgr_1']],
    ['expired there', {}, { expiresAt: ended }, ['grant_ended_there credgr_1']],
    ['lapsed on both sides, not noted here yet', { backstopAt: ended }, { expiresAt: ended }, []],
    ['ended on both sides', { state: 'ended' }, { expiresAt: ended }, []],
    ['ended here, open there', { state: 'ended' }, {}, ['grant_not_ended credgr_1']],
    ['void here, open there', { state: 'void' }, {}, ['grant_not_ended credgr_1']],
    ['its end is under way', { state: 'ending', ageMs: 1 }, {}, ['grant_in_flight credgr_1']],
    ['its end is stuck', { state: 'ending' }, {}, ['grant_not_ended credgr_1']],
    ['its end has arrived', { state: 'ending' }, { expiresAt: ended }, []],
    ['every metered price there', {}, { priceIds: null }, ['grant_terms credgr_1']],
    ['another priority', {}, { priority: 0 }, ['grant_terms credgr_1']],
    ['another currency', {}, { currency: 'eur' }, ['grant_currency credgr_1']],
    ['another amount', {}, { amountMinor: 1n }, ['grant_amount credgr_1']],
  ])('%s', ([, left, right, expected]) => {
    const { differences } = compareCredits(here([{ ...ours, ...left }]), [{ ...theirs, ...right }], []);
    expect(subjects(differences)).toEqual(expected);
  });

  test.for<readonly [string, Partial<GrantHere>, readonly GrantThere[], readonly string[]]>([
    [
      'wanted a moment ago',
      { stripeGrantId: null, state: 'wanted', ageMs: 1 },
      [],
      ['grant_in_flight credit_grant/g1'],
    ],
    ['wanted for hours', { stripeGrantId: null, state: 'wanted' }, [], ['grant_never_made credit_grant/g1']],
    ['its answer was lost', { stripeGrantId: null, state: 'wanted' }, [theirs], ['grant_never_made credit_grant/g1']],
    ['given up before it was made', { stripeGrantId: null, state: 'void' }, [], []],
    ['gone there', {}, [], ['grant_missing_there credgr_1']],
    ['gone there after its end', { state: 'ended' }, [], []],
    ['gone there, void here', { state: 'void' }, [], []],
  ])('on our side alone: %s', ([, left, right, expected]) => {
    expect(subjects(compareCredits(here([{ ...ours, ...left }]), right, []).differences)).toEqual(expected);
  });

  test.for<readonly [string, Partial<GrantThere>, readonly string[]]>([
    ['of another hand', { key: null }, ['grant_foreign credgr_2']],
    ['of another hand, for every metered price', { key: null, priceIds: null }, ['grant_foreign credgr_2']],
    ['of another hand, for another meter', { key: null, priceIds: ['price_storage'] }, []],
    ['of another hand, voided', { key: null, voidedAt: NOW }, []],
    ['ours, a second time', {}, ['grant_twice credgr_2']],
  ])('on their side alone: %s', ([, right, expected]) => {
    const { differences } = compareCredits(
      here([ours]),
      [theirs, { ...theirs, stripeGrantId: 'credgr_2', ...right }],
      [],
    );
    expect(subjects(differences)).toEqual(expected);
  });
});

describe('what open grants must be worth', () => {
  test.for<readonly [string, Partial<typeof pool>, readonly CreditMovementThere[], readonly string[]]>([
    ['left and paid in the open cycle', {}, [], []],
    ['one cent too much', { leftMicro: 8_999_000_000n }, [], ['grants_total pool']],
    ['a fraction is rounded up', { leftMicro: 8_999_000_001n }, [], []],
    ['too much while a true-up is under way', { leftMicro: 0n, isMoving: true }, [], ['grant_in_flight pool']],
    ['what a final invoice took is gone', { leftMicro: 6_500_000_000n }, [taken()], []],
    ['what a draft takes does not count yet', {}, [taken({ invoiceId: 'in_draft' })], []],
    [
      'what a void gave back is there again',
      {},
      [taken(), taken({ transactionId: 'cbtxn_2', type: 'credits_application_invoice_voided' })],
      [],
    ],
    ['another price buys nothing here', { meteredPriceId: 'price_new' }, [], ['grants_total pool']],
  ])('%s', ([, more, movements, expected]) => {
    const known = movements.map(({ transactionId, type, amountMinor }) => ({ transactionId, type, amountMinor }));
    const side = here([ours], { pools: [{ ...pool, ...more }], movements: known });
    expect(subjects(compareCredits(side, [theirs], movements).differences)).toEqual(expected);
  });

  test('movements that are not mirrored count once nothing is under way, and never those without an invoice', () => {
    const found = [taken(), taken({ transactionId: 'cbtxn_2', type: 'credits_granted', invoiceId: null })];
    const side = (isMoving: boolean): CreditsHere =>
      here([ours], { pools: [{ ...pool, leftMicro: 6_500_000_000n, isMoving }] });
    expect(subjects(compareCredits(side(false), [theirs], found).differences)).toEqual([
      'credit_movement_missing_here cbtxn_1',
    ]);
    expect(compareCredits(side(true), [theirs], found).differences).toEqual([]);
  });

  test('mirrored movements are compared by amount and by their being there', () => {
    const movements = [
      { transactionId: 'cbtxn_1', type: 'credits_applied', amountMinor: 1n },
      { transactionId: 'cbtxn_9', type: 'credits_applied', amountMinor: 1n },
    ];
    expect(subjects(compareCredits(here([ours], { movements }), [theirs], [taken()]).differences)).toEqual([
      'credit_movement_amount cbtxn_1',
      'credit_movement_missing_there cbtxn_9',
    ]);
  });
});

const note: CreditNoteThere = {
  creditNoteId: 'cn_1',
  invoiceId: 'in_1',
  status: 'issued',
  currency: 'usd',
  totalMinor: 1_000n,
  prePaymentMinor: 0n,
  postPaymentMinor: 1_000n,
  key: 'credit_note/n1',
};
const moved = { transactionId: 'cbtxn_1', amountMinor: -1_000n, currency: 'usd' };
const noted: CreditNotesHere = {
  stripeCustomerId: 'cus_1',
  notes: [{ ...note, isPosted: true }],
  requested: [],
  paidBack: [],
  balanceMovements: [moved],
  balanceMinor: -1_000n,
};
const customer = { balanceMinor: -1_000n, currency: 'usd' };
const nothing: ReadonlySet<string> = new Set();

describe('credit notes and the customer balance', () => {
  const compare = (
    left: Partial<CreditNotesHere>,
    right: Partial<Parameters<typeof compareCreditNotes>[1]> = {},
    waiting = nothing,
  ): readonly string[] => {
    const there = { customer, notes: [note], balanceMovements: [moved], ...right };
    return subjects(compareCreditNotes({ ...noted, ...left }, there, waiting).differences);
  };

  test('the same on both sides, a void note, a deleted customer', () => {
    expect(compare({})).toEqual([]);
    const voided = { ...note, status: 'void' };
    expect(compare({ notes: [{ ...voided, isPosted: true }] }, { notes: [voided] })).toEqual([]);
    expect(compare({}, { customer: null })).toEqual([]);
    const foreign = { ...note, key: null };
    expect(compare({}, { notes: [foreign] })).toEqual(['credit_note_foreign cn_1']);
  });

  test('a note that differs in its split, a note asked for a moment or hours ago', () => {
    expect(compare({ notes: [{ ...note, prePaymentMinor: 1n, isPosted: true }] })).toEqual(['credit_note_amount cn_1']);
    expect(compare({ requested: [{ creditNoteRequestId: 'r1', ageMs: 1 }] })).toEqual(['credit_note_in_flight r1']);
    expect(compare({ requested: [{ creditNoteRequestId: 'r1', ageMs: 2 * HOUR }] })).toEqual([
      'credit_note_never_issued r1',
    ]);
  });

  test('a note that gave back the price of spent credits, and one that rounding explains', () => {
    const paidBack = { invoiceLineId: 'il_1', unit: 'credit', paidBackMicro: 5_000n, perMinorMicro: 10n };
    expect(compare({ paidBack: [{ ...paidBack, clawedBackMicro: 4_990n }] })).toEqual([]);
    expect(compare({ paidBack: [{ ...paidBack, clawedBackMicro: 4_989n }] })).toEqual(['credit_note_spent il_1']);
  });

  test('an event in the inbox explains what is not mirrored yet', () => {
    const unheard = { notes: [], balanceMovements: [], balanceMinor: 0n };
    expect(compare(unheard, {}, new Set(['cn_1']))).toEqual([
      'credit_note_in_flight cn_1',
      'balance_behind cbtxn_1',
      'balance_behind mirrored',
    ]);
    expect(compare(unheard, {}, new Set(['cus_1']))).toEqual([
      'credit_note_unmirrored cn_1',
      'balance_behind cbtxn_1',
      'balance_behind mirrored',
    ]);
    expect(compare(unheard)).toEqual([
      'credit_note_unmirrored cn_1',
      'balance_movement_missing_here cbtxn_1',
      'customer_balance mirrored',
    ]);
  });

  test('a note at Stripe alone says whether it was ours', () => {
    const there = { customer, balanceMovements: [moved] };
    const shown = (key: string | null): readonly (string | null)[] =>
      compareCreditNotes({ ...noted, notes: [] }, { ...there, notes: [{ ...note, key }] }, nothing).differences.map(
        ({ theirs: shownThere }) => shownThere,
      );
    expect(shown('credit_note/1')).toEqual(['1000 usd']);
    expect(shown(null)).toEqual(['1000 usd, by another hand']);
  });

  test('a balance that is not the sum of its movements at Stripe', () => {
    const noMovements = { balanceMovements: [] };
    const broke = { customer: { ...customer, currency: null }, ...noMovements };
    expect(compare(noMovements, broke)).toEqual(['customer_balance sum at Stripe']);
    expect(compare({}, { customer: { balanceMinor: -900n, currency: null } })).toEqual([
      'customer_balance sum at Stripe',
      'customer_balance mirrored',
    ]);
  });
});

describe('ourselves', () => {
  const quiet: Ourselves = {
    breaches: [],
    messages: [],
    holds: [],
    periods: [],
    unbilled: [],
    unrolled: [],
    clearing: [],
    twins: [],
  };
  const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

  test('what a job will do within minutes is not late', () => {
    const waiting: Ourselves = {
      ...quiet,
      messages: [{ outboxId: 1n, call: 'meter_event', state: 'pending', outcome: null, dueMs: 1 }],
      holds: [{ holdId: 'h', expiresAt: ago(60_000) }],
      periods: [{ billingPeriodId: 'p', cutOffAt: ago(60_000) }],
      unbilled: [{ billingPeriodId: 'p', owedMinor: 7n, currency: 'usd', endsAt: ago(3 * 24 * HOUR) }],
    };
    expect(compareOurselves(waiting, NOW).differences).toEqual([]);
    expect(compareOurselves(quiet, NOW)).toEqual({ compared: 1, differences: [] });
  });

  test('a parked message or event shows why, whatever its age', () => {
    const messages = [
      { outboxId: 1n, call: 'meter_event', state: 'parked', outcome: null, dueMs: 1 },
      { outboxId: 2n, call: 'meter_event', state: 'unknown', outcome: null, dueMs: 2 * HOUR },
    ];
    expect(compareOurselves({ ...quiet, messages }, NOW).differences).toMatchObject([
      { kind: 'message_parked', ours: 'parked' },
      { kind: 'message_stuck', ours: 'unknown' },
    ]);
    const event = { eventId: 'evt_1', type: 'invoice.paid', outcome: null, ageMs: 1 };
    expect(compareInbox([{ ...event, state: 'received' }]).differences).toEqual([]);
    expect(compareInbox([{ ...event, state: 'parked' }]).differences).toMatchObject([{ ours: 'parked' }]);
    const old = { ...event, state: 'received', ageMs: 2 * HOUR };
    expect(subjects(compareInbox([old, { ...old, state: 'parked', outcome: 'why' }]).differences)).toEqual([
      'stripe_event_stuck invoice.paid evt_1',
      'stripe_event_parked invoice.paid evt_1',
    ]);
  });
});
