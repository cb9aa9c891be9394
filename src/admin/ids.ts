// How ids are written in addresses and read from what people type.
import { customerName, fromWireId, toWireId } from '../contract/ids.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import type { TypedId } from '../operations/console/find-anything.ts';

const KINDS = ['customer', 'entry', 'usage', 'hold', 'grant', 'case'] as const;

/** One of our own ids in a text; null when it is none. */
export function typedId(text: string): TypedId | null {
  for (const kind of KINDS) {
    const uuid = fromWireId(kind, text);
    if (uuid !== null) return { kind, uuid };
  }
  return null;
}

/** The customer that an address names. */
export function namedCustomer(text: string | undefined): string | Refused {
  const read = customerName.safeParse(text);
  return read.success ? read.data : refuse('unknown_customer', 'no customer has this id');
}

/** How messages to Stripe and events from Stripe are numbered. */
export const OUTBOX_ID = /^\d{1,18}$/;
export const EVENT_ID = /^evt_\w{1,250}$/;

export function customerPath(customerId: string): string {
  return `/customers/${toWireId('customer', customerId)}`;
}

export function entryPath(entryId: string): string {
  return `/entries/${toWireId('entry', entryId)}`;
}

export function casePath(caseId: string): string {
  return `/cases/${toWireId('case', caseId)}`;
}

/** A path beside the console, which is mounted at `/admin`. */
export function siteOf(base: string, path: string): string {
  return `${base.slice(0, -'/admin'.length)}${path}`;
}
