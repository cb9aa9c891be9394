import { z } from 'zod';

/** A line of `creditpool ledger roots --json`, as far as verification needs it. */
export const exportedRoot = z.object({ day: z.iso.date(), root: z.string().regex(/^[0-9a-f]{64}$/) });
