// What can go wrong, as errors with a code: the server said no, or could not be asked.
import type { RefusalCode } from '../contract/problem.ts';

/** Codes of this side: nobody answered in time, the caller gave up, or something else answered than Creditpool. */
export type UnreachedCode = 'unreachable' | 'aborted' | 'not_creditpool';

interface Refused {
  readonly code: RefusalCode;
  readonly message: string;
  readonly type?: string;
  readonly param?: string;
  readonly doc_url?: string;
  readonly request_id?: string;
  readonly details?: unknown;
}

/** Every failure of a call; `code` says which. A refusal has changed nothing. */
export class CreditpoolError extends Error {
  readonly code: RefusalCode | UnreachedCode;
  /** Of HTTP; 0 where nothing was answered. */
  readonly status: number;
  readonly param: string | null;
  /** The page that explains the code. */
  readonly docUrl: string | null;
  readonly requestId: string | null;
  readonly details: unknown;

  constructor(
    status: number,
    refused: Refused | { readonly code: UnreachedCode; readonly message: string },
    cause?: unknown,
  ) {
    super(refused.message, { cause });
    this.name = 'CreditpoolError';
    this.code = refused.code;
    this.status = status;
    const { param, doc_url: docUrl, request_id: requestId, details }: Partial<Refused> = refused;
    this.param = param ?? null;
    this.docUrl = docUrl ?? null;
    this.requestId = requestId ?? null;
    this.details = details;
  }
}

/** Out of credits, with what is missing and who can lift the limit. */
export interface OutOfCredits extends CreditpoolError {
  readonly code: 'insufficient_credits';
  readonly details: {
    readonly needed: string;
    readonly available: string;
    readonly limit: string;
    readonly lifted_by: string;
  };
}

export function isOutOfCredits(error: unknown): error is OutOfCredits {
  return error instanceof CreditpoolError && error.code === 'insufficient_credits';
}

/** Whether nobody could be asked: the network or the server is away. Nothing is known of what became of the call. */
export function isUnreachable(error: unknown): error is CreditpoolError {
  return error instanceof CreditpoolError && (error.code === 'unreachable' || error.status >= 500);
}

/** For who would rather have refusals as values: the answer, or what was refused. What could not be asked is thrown still. */
export async function orRefusal<Answer>(
  call: Promise<Answer>,
): Promise<{ readonly answer: Answer } | { readonly refused: CreditpoolError }> {
  try {
    return { answer: await call };
  } catch (error) {
    if (error instanceof CreditpoolError && error.status >= 400 && error.status < 500) return { refused: error };
    throw error;
  }
}
