import { z } from 'zod';

import { dimensions, positiveCredits, quantities } from './amounts.ts';
import { customerName } from './ids.ts';
import { providerName, providerUse } from './provider-use.ts';
import { text } from './text.ts';
import { actionName } from './usage.ts';

/** Reserve credits: by what will be used (rated now, the rate stays), or as a plain number of credits. */
export const placeHold = z
  .strictObject({
    customer: customerName,
    action: actionName,
    quantities: quantities.optional(),
    credits: positiveCredits.optional(),
    dimensions: dimensions.default({}),
    ttl_seconds: z.int().min(1).max(86_400).optional(),
    member: text(200).optional(),
    agent: text(200).optional(),
    provider: providerName.optional(),
  })
  .refine((hold) => (hold.quantities === undefined) !== (hold.credits === undefined), {
    message: 'give either quantities or credits',
    path: ['quantities'],
  });

/** Take what was really used, with what is known only now (an outcome); neither quantity nor amount takes the whole hold. `final` gives the rest back. */
export const captureHold = z
  .strictObject({
    quantities: quantities.optional(),
    amount: positiveCredits.optional(),
    dimensions: dimensions.default({}),
    final: z.boolean().default(true),
    provider: providerUse.optional(),
  })
  .refine((capture) => capture.quantities === undefined || capture.amount === undefined, {
    message: 'give either quantities or an amount of credits, not both',
    path: ['amount'],
  });

export const releaseHold = z.strictObject({});
