import { z } from 'zod';

import type { OpenClearing } from '../domain/clearing.ts';
import { customerName, toWireId } from './ids.ts';
import { text } from './text.ts';

export const clearingQuery = z.strictObject({ customer: customerName.optional() });

/** Closing what the company's own bank account paid or received needs a reason. */
export const clearingSettlement = z.strictObject({ customer: customerName, object: text(255), reason: text(500) });

/** An open amount as people see it; minor units, positive: gone or to come, negative: owed. */
export function shownClearing(open: OpenClearing): object {
  return {
    object: 'open_clearing',
    customer: toWireId('customer', open.customerId),
    account: open.account,
    stripe_object: open.object,
    kind: open.kind,
    currency: open.currency,
    balance_minor: Number(open.balanceMinor),
    since: open.since,
    days: open.days,
    what: open.what,
    to_do: open.toDo,
  };
}
