import { z } from 'zod';

import { formatCredits, formatMinor } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { type CloseItem, CONFIRMED_BY_HAND, type ConfirmedByHand } from '../domain/period-close.ts';
import type { FreeCredits, RollForwardRow, TrialBalanceRow } from '../domain/roll-forward.ts';
import { LIST_LIMIT, STARTING_AFTER_MONTH } from './lists.ts';

export const periodsQuery = z.strictObject({ limit: LIST_LIMIT, ...STARTING_AFTER_MONTH });

const text = z.string().trim().min(1).max(2_000);

/** The hash of what was looked at; without it, what stands there now is signed. */
export const periodSignature = z.strictObject({ hash: z.string().length(64).optional() });
export const periodReopening = z.strictObject({ reason: text });
export const periodConfirmation = z.strictObject({
  what: z.enum(Object.keys(CONFIRMED_BY_HAND) as [ConfirmedByHand, ...ConfirmedByHand[]]),
  note: text,
});

interface ShownPeriod {
  readonly month: string;
  readonly state: string;
  readonly preparedAt: Date | null;
  readonly requestedBy: string | null;
  readonly requestedAt: Date | null;
  readonly closedBy: string | null;
  readonly closedAt: Date | null;
  readonly approval: string | null;
}

export function shownPeriod(period: ShownPeriod): object {
  return {
    object: 'accounting_period',
    month: period.month,
    state: period.state,
    prepared_at: period.preparedAt,
    requested_by: period.requestedBy,
    requested_at: period.requestedAt,
    closed_by: period.closedBy,
    closed_at: period.closedAt,
    approval: period.approval,
  };
}

/** A month with its checklist. */
export function shownClose(close: ShownPeriod & { readonly checklist: readonly CloseItem[]; readonly hash: string }) {
  return {
    ...shownPeriod(close),
    ready: close.checklist.every(({ done }) => done),
    checklist: close.checklist,
    hash: close.hash,
  };
}

interface ShownFigures {
  readonly rollForward: readonly RollForwardRow[];
  readonly freeCredits: readonly FreeCredits[];
  readonly trialBalance: readonly TrialBalanceRow[];
}

/** Amounts as decimal text with all places of their currency; credits as they are elsewhere. */
export function shownFigures(month: string, { rollForward, freeCredits, trialBalance }: ShownFigures): object {
  return {
    object: 'month_figures',
    month,
    roll_forward: rollForward.map(shownRollForward),
    free_credits: freeCredits.map(shownFreeCredits),
    trial_balance: trialBalance.map(shownBalance),
  };
}

export function shownRollForward(row: RollForwardRow) {
  const money = moneyOf(row.currency);
  return {
    currency: row.currency,
    bought_in: row.purchaseMonth,
    opening: money(row.opening),
    purchased: money(row.purchased),
    used: money(row.used),
    breakage: money(row.breakage),
    refunded: money(row.refunded),
    other: money(row.other),
    closing: money(row.closing),
  };
}

export function shownFreeCredits(row: FreeCredits) {
  return {
    unit: row.unit,
    source: row.source,
    opening: formatCredits(row.opening),
    granted: formatCredits(row.granted),
    used: formatCredits(row.used),
    expired: formatCredits(row.expired),
    other: formatCredits(row.other),
    closing: formatCredits(row.closing),
  };
}

export function shownBalance(row: TrialBalanceRow) {
  const money = moneyOf(row.currency);
  return {
    currency: row.currency,
    account: row.account,
    opening: money(row.openingMinor),
    debit: money(row.debitMinor),
    credit: money(row.creditMinor),
    closing: money(row.closingMinor),
  };
}

function moneyOf(currency: string): (minor: bigint) => string {
  const places = minorPlaces(currency) ?? 2;
  return (minor) => formatMinor(minor, places);
}
