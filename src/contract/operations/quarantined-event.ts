import { z } from 'zod';

import { at, atOrNull, idOf, word, wordOrNull } from '../wire-values.ts';

/** An event that was put aside, with what was wrong about it. */
export const quarantinedEvent = z
  .object({
    id: idOf('quar'),
    object: z.literal('quarantined_event'),
    state: z.enum(['waiting', 'released', 'discarded']),
    source: word,
    event_id: word,
    body: z.looseObject({}),
    fixed_body: z.looseObject({}).nullable(),
    fault: z.object({ code: word, message: word, param: wordOrNull }),
    attempts: z.int(),
    received_at: at,
    tried_at: atOrNull,
    settled_at: atOrNull,
    settled_by: wordOrNull,
    reason: wordOrNull,
    usage_event: idOf('usage').nullable(),
  })
  .meta({ id: 'QuarantinedEvent' });
