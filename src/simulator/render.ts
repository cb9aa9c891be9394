import type { CreditNote, Invoice } from './wire.ts';

const INCLUDED_LINES = 10;

/** A page of the first lines, as answers and webhooks carry it. */
function firstPage<T>(list: { object: 'list'; data: T[]; has_more: boolean; url: string }): typeof list {
  if (list.data.length <= INCLUDED_LINES) return list;
  return { ...list, data: list.data.slice(0, INCLUDED_LINES), has_more: true };
}

function isInvoice(object: object): object is Invoice {
  return 'object' in object && object.object === 'invoice' && 'lines' in object;
}

function isCreditNote(object: object): object is CreditNote {
  return 'object' in object && object.object === 'credit_note';
}

/** A stored object as it leaves: long lists of lines are cut to their first page. */
export function rendered(object: object): object {
  if (isInvoice(object)) return { ...object, lines: firstPage(object.lines) };
  if (isCreditNote(object)) return { ...object, lines: firstPage(object.lines) };
  return object;
}
