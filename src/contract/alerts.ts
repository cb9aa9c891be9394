import { z } from 'zod';

import { ALERT_KINDS } from '../domain/alert.ts';
import { customerName } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { text } from './text.ts';

export const alertsQuery = z.strictObject({
  customer: customerName.optional(),
  kind: z.enum(ALERT_KINDS).optional(),
  limit: LIST_LIMIT,
  ...startingAfter('alert'),
});

export const testAlertBody = z.strictObject({ customer: customerName });

export const endpointBody = z.strictObject({ url: text(2_000), description: text(200).default('webhook') });

export const deliveriesQuery = z.strictObject({
  state: z.enum(['parked']).default('parked'),
  limit: LIST_LIMIT,
  ...startingAfter('delivery'),
});
