// What a refusal looks like, in Stripe's shape; and the same as RFC 9457 has it.
import { z } from 'zod';

import type { RejectionCode } from '../domain/rejection.ts';

/** The object behind `error`. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'the kind of error: invalid_request_error, insufficient_credits, …' }),
    code: z.string().meta({ description: 'what happened; doc_url leads to a page about it' }),
    message: z.string().meta({ description: 'what happened, which value, what to do' }),
    param: z.string().optional().meta({ description: 'the field at fault' }),
    doc_url: z.string(),
    request_id: z.string(),
    details: z.unknown().optional(),
  })
  .meta({ id: 'Problem' });

export const problemAnswer = z.object({ error: problem }).meta({ id: 'ProblemAnswer' });

/** Answered instead when `Accept` names `application/problem+json`. */
export const problemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    param: z.string().optional(),
    request_id: z.string(),
    details: z.unknown().optional(),
  })
  .meta({ id: 'ProblemDetails' });

/** A code that a caller can meet; newer servers may have more. */
export type RefusalCode =
  | RejectionCode
  | 'insufficient_credits'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'internal'
  | (string & {});
