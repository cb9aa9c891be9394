// What the address of the ledger asks for, and the address of what somebody wants to see.
import { customerName, fromWireId, toWireId } from '../../contract/ids.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { LedgerQuery } from '../../operations/finance/browse-ledger.ts';

export const LEDGER_FIELDS = ['customer', 'account', 'unit', 'kind', 'month', 'from', 'to', 'object'] as const;

export type LedgerAsked = Readonly<Record<(typeof LEDGER_FIELDS)[number], string>>;

export function ledgerAsked(query: URLSearchParams, month: string): LedgerAsked {
  const text = (name: (typeof LEDGER_FIELDS)[number]): string => (query.get(name) ?? '').trim().slice(0, 255);
  return {
    customer: text('customer'),
    account: text('account'),
    unit: text('unit'),
    kind: text('kind'),
    month,
    from: text('from'),
    to: text('to'),
    object: text('object'),
  };
}

/** The filter as an operation takes it, or what is wrong with it. */
export function ledgerQuery(
  asked: LedgerAsked,
): Omit<LedgerQuery, 'after' | 'limit'> | { readonly rejected: Rejection } {
  const customer = asked.customer === '' ? null : customerName.safeParse(asked.customer);
  if (customer?.success === false)
    return wrong('customer', 'a customer is customer_…, cus_… or ext:… with your own id');
  const from = asked.from === '' ? null : dayOf(asked.from);
  const to = asked.to === '' ? null : dayOf(asked.to);
  if (from === undefined) return wrong('from', 'the first day is no date such as 2026-04-30');
  if (to === undefined) return wrong('to', 'the last day is no date such as 2026-04-30');
  const span = spanOf(asked.month, from, to);
  if (span.from >= span.to) return wrong('to', 'the last day is before the first');
  return {
    customer: customer?.data ?? null,
    account: asked.account || null,
    unit: asked.unit || null,
    kind: asked.kind || null,
    object: objectOf(asked.object),
    ...span,
  };
}

const DAY_MS = 86_400_000;

/** Days, both included, where they are given; the month where they are not. */
function spanOf(month: string, from: Date | null, to: Date | null): { readonly from: Date; readonly to: Date } {
  const [year = 1970, number = 1] = month.split('-').map(Number);
  return {
    from: from ?? new Date(Date.UTC(year, number - 1, 1)),
    to: to === null ? new Date(Date.UTC(year, number, 1)) : new Date(to.getTime() + DAY_MS),
  };
}

function dayOf(text: string): Date | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return at === null || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text ? undefined : at;
}

/** An entry of ours by its id; anything else as Stripe wrote it. */
function objectOf(text: string): string | null {
  return text === '' ? null : (fromWireId('entry', text) ?? text);
}

function wrong(param: string, message: string): { readonly rejected: Rejection } {
  return { rejected: { code: 'invalid_request', message, param } };
}

/** The address of a filter: what is empty is left out. */
export function ledgerAddress(
  base: string,
  asked: Partial<LedgerAsked>,
  more: Readonly<Record<string, string>> = {},
): string {
  const kept = Object.entries({ ...asked, ...more }).filter(([, value]) => value !== '');
  return `${base}/finance/ledger?${new URLSearchParams(kept).toString()}`;
}

/** A page's end as the address says it: `entry_…/2`. */
export function cursorOf(query: URLSearchParams): LedgerQuery['after'] {
  const [id = '', seq = ''] = (query.get('after') ?? '').split('/');
  const entryId = fromWireId('entry', id);
  return entryId === null || !/^\d{1,4}$/.test(seq) ? null : { entryId, seq: Number(seq) };
}

export function cursorText({ entryId, seq }: NonNullable<LedgerQuery['after']>): string {
  return `${toWireId('entry', entryId)}/${seq}`;
}
