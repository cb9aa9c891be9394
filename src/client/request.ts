// One call over the wire: its time, its retries with the same key, and what a failure is called.
import { CreditpoolError } from './refusal.ts';

export interface ClientSettings {
  /** Where Creditpool is reached, the mount path included: `https://app.example.com/billing`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Of one try; default 10 000. */
  readonly timeoutMs?: number;
  /** Tries after the first one; default 3. */
  readonly retries?: number;
  /** Default: the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Waits between tries; default: a timer. Resolves early when the signal aborts. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  /** The same on a repetition of the same call; default: a new one. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is, instead of a body of JSON. */
  readonly file?: { readonly type: string; readonly content: Uint8Array };
  readonly wantsFile: boolean;
  readonly idempotencyKey?: string;
  /** Doing it twice is doing it once, so an uncertain end may be tried again. */
  readonly repeatable: boolean;
}

const TIMEOUT_MS = 10_000;
const RETRIES = 3;
const FIRST_PAUSE_MS = 200;
const PAUSE_MS_MAX = 5_000;

/** Sends a call until it is answered; throws a `CreditpoolError` for everything but a 2xx. */
export async function send(settings: ClientSettings, call: Call, options: CallOptions): Promise<unknown> {
  const retries = options.retries ?? settings.retries ?? RETRIES;
  const sleep = settings.sleep ?? pause;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptOnce(settings, call, options);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      const again = error.untouched || (error.uncertain && call.repeatable);
      if (!again || attempt >= retries) throw error.error;
      const wait = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
      await sleep(Math.max(error.retryAfterMs, wait), options.signal);
      if (options.signal?.aborted === true) throw abortedBy(options.signal);
    }
  }
}

/** A failure with what it says about trying again. */
class Failed extends Error {
  readonly error: CreditpoolError;
  /** The server says that nothing was begun. */
  readonly untouched: boolean;
  /** It may have been done, or not. */
  readonly uncertain: boolean;
  readonly retryAfterMs: number;

  constructor(error: CreditpoolError, { untouched = false, uncertain = false, retryAfterMs = 0 }) {
    super(error.message);
    this.error = error;
    this.untouched = untouched;
    this.uncertain = uncertain;
    this.retryAfterMs = retryAfterMs;
  }
}

async function attemptOnce(settings: ClientSettings, call: Call, options: CallOptions): Promise<unknown> {
  const { method, path, body, file, idempotencyKey } = call;
  const timeoutMs = options.timeoutMs ?? settings.timeoutMs ?? TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ask = settings.fetch ?? fetch;
  try {
    const response = await ask(settings.baseUrl.replace(/\/+$/, '') + path, {
      method,
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      redirect: 'error',
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${settings.apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(file !== undefined && { 'content-type': file.type }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(file !== undefined && { body: file.content as Uint8Array<ArrayBuffer> }),
    });
    if (call.wantsFile && response.ok) return new Uint8Array(await response.arrayBuffer());
    return answerOf(response, await response.text());
  } catch (error) {
    if (error instanceof Failed || error instanceof CreditpoolError) throw error;
    if (options.signal?.aborted === true) throw abortedBy(options.signal);
    const message = timeout.aborted
      ? `${settings.baseUrl} did not answer ${method} ${path} within ${timeoutMs} ms`
      : `${settings.baseUrl} cannot be reached for ${method} ${path}: ${causeOf(error)}`;
    const unreachable = new CreditpoolError(0, { code: 'unreachable', message }, error);
    throw new Failed(unreachable, { untouched: isRefusedConnection(error), uncertain: true });
  }
}

function abortedBy(signal: AbortSignal): CreditpoolError {
  return new CreditpoolError(0, { code: 'aborted', message: 'the caller gave this call up' }, signal.reason);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Nobody listened, so nobody has begun. */
function isRefusedConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND');
}

function answerOf(response: Response, text: string): unknown {
  const { ok, status, headers } = response;
  const type = headers.get('content-type') ?? '';
  if (ok && /^(text\/csv|application\/x-ndjson)/.test(type)) return text;
  const body = type.includes('json') ? parsed(text) : undefined;
  if (ok && body !== undefined) return body;
  const refused = refusalIn(body);
  const error =
    refused === null
      ? new CreditpoolError(status, {
          code: 'not_creditpool',
          message: `status ${status} with ${type === '' ? 'no content' : type}: is baseUrl Creditpool's?`,
        })
      : new CreditpoolError(status, refused);
  throw new Failed(error, {
    untouched: status === 429 || (status === 503 && error.code === 'not_ready'),
    uncertain: status >= 500,
    retryAfterMs: Number(headers.get('retry-after') ?? 0) * 1_000 || 0,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function refusalIn(body: unknown): { readonly code: string; readonly message: string } | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return null;
  return error as { readonly code: string; readonly message: string };
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
