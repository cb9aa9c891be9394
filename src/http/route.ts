// A resource is a list of routes: what it takes to be let in, and the function from a request to an answer.
import type { Scope } from '../domain/scope.ts';
import type { PortalPass } from '../operations/portal-token.ts';
import type { HttpContext } from './context.ts';
import type { Problem } from './problems.ts';

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  /** Only on routes that need a key, and always there. */
  readonly idempotency: Idempotency | null;
  readonly requestId: string;
}

export interface Caller {
  readonly apiKeyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The person for whom the key acts; null: for itself. */
  readonly operatorSubject: string | null;
  /** Who comes with a portal token instead of a key. */
  readonly portal?: PortalPass;
}

export interface Idempotency {
  readonly key: string;
  /** Hash of method, path and canonical body: the same key may not mean two things. */
  readonly fingerprint: string;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a file to keep, instead of the body. */
  readonly file?: { readonly type: string; readonly name: string; readonly content: string | Buffer };
  /** Sent as a file piece by piece, instead of the body; each piece is waited for. */
  readonly stream?: FileStream;
}

export interface FileStream {
  readonly type: string;
  readonly name: string;
  readonly send: (write: (piece: string | Uint8Array) => Promise<void>) => Promise<void>;
}

/** The body of a route that takes a file. */
export interface SentFile {
  /** As the sender says. */
  readonly type: string | null;
  readonly content: Buffer;
}

export type Reply = Answer | { readonly rejected: Problem };

export interface Route {
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
  /** Any one of these lets a key in; `admin` is let in everywhere. */
  readonly scopes: readonly Scope[];
  /** Entered with a customer's portal token; keys do not open it. */
  readonly byPortalToken?: boolean;
  readonly needsIdempotencyKey?: boolean;
  readonly bodyBytesMax?: number;
  readonly bodyNodesMax?: number;
  /** Takes a file as it is (`SentFile`) and no JSON: so many bytes at most, and the refusal of one more. */
  readonly takesFile?: { readonly bytesMax: number; readonly tooLarge: Problem };
  /** Runs with every piece of work of a host app, so it is answered before Express when nothing about it is unusual. */
  readonly isHot?: boolean;
  readonly reply: (context: HttpContext, request: ApiRequest) => Promise<Reply>;
}

export function ok(body: object, replayed = false): Answer {
  return { status: 200, body, ...(replayed && { headers: { 'idempotent-replayed': 'true' } }) };
}

/** What a route that needs an idempotency key was given; the router has refused requests without one. */
export function idempotencyOf(request: ApiRequest): Idempotency {
  if (request.idempotency === null) throw new Error('this route does not ask for an idempotency key');
  return request.idempotency;
}
