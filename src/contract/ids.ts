// Ids are UUIDs inside and TypeIDs on the wire: the prefix tells what it is. Stripe's objects keep Stripe's ids.
import { fromString, fromUUID, toUUID } from 'typeid-js';
import { z } from 'zod';

export const ID_PREFIXES = [
  'customer',
  'pool',
  'grant',
  'hold',
  'usage',
  'entry',
  'cnreq',
  'recon',
  'var',
  'period',
  'rate',
  'quar',
  'topup',
  'alert',
  'endpoint',
  'delivery',
  'case',
  'audit',
  'export',
  'bill',
  'correction',
  'evidence',
  'job',
  'filter',
] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/** A UUID as it is written on the wire: `hold_01m8…`. */
export function toWireId(prefix: IdPrefix, uuid: string): string {
  return fromUUID(uuid, prefix);
}

/** The UUID behind a wire id; null when it is no id of that kind. */
export function fromWireId(prefix: IdPrefix, id: string): string | null {
  if (!id.startsWith(`${prefix}_`)) return null;
  try {
    return toUUID(fromString(id, prefix));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** A wire id of one kind, read as the UUID behind it. */
export function wireId(prefix: IdPrefix) {
  return z.string().transform((id, context) => {
    const uuid = fromWireId(prefix, id);
    if (uuid !== null) return uuid;
    context.addIssue({ code: 'custom', message: `must be an id such as ${prefix}_01jd…` });
    return z.NEVER;
  });
}

/** What a caller may call a customer: `customer_…` (read as its UUID), `cus_…` of Stripe, or the host's own `ext:…`. */
export const customerName = z
  .string()
  .max(255)
  .transform((name, context) => {
    const uuid = fromWireId('customer', name);
    if (uuid !== null) return uuid;
    if (/^cus_[A-Za-z0-9]{1,250}$/.test(name) || /^ext:[\x21-\x7e]{1,200}$/.test(name)) return name;
    context.addIssue({ code: 'custom', message: 'must be customer_…, cus_… or ext:… with your own id behind it' });
    return z.NEVER;
  });
