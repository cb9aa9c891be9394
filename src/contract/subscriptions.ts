import { z } from 'zod';

import { text } from './text.ts';

/** End a subscription now, with its last invoice. */
export const cancellation = z.strictObject({ reason: text(500) });
