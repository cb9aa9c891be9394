import { z } from 'zod';

import { positiveMinor } from './amounts.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { text } from './text.ts';

/** Who agreed to which text; the hash is of the text that was shown. */
export const topUpConsentBody = z.strictObject({
  accepted_by: text(200),
  text_hash: z.string().regex(/^[a-f0-9]{64}$/, 'must be the SHA-256 of the text that was shown, in hex'),
  monthly_cap_minor: positiveMinor.optional(),
});

export const withdrawalBody = z.strictObject({ withdrawn_by: text(200) });

export const topUpsQuery = z.strictObject({ limit: LIST_LIMIT, ...startingAfter('topup') });

/** Most overage in a billing period; null lifts the customer's own limit. */
export const spendingLimitBody = z.strictObject({
  overage_credits: z
    .string()
    .regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string such as "500", with at most 6 places')
    .nullable(),
});
