import type { RequestHandler } from 'express';

import { permits, type Scope } from '../domain/scope.ts';
import { authenticateCaller, type AuthenticatedCaller } from '../operations/authenticate-caller.ts';
import type { HttpContext } from './context.ts';
import { ProblemError } from './problem-error.ts';

/** A revoked key stops within this time on every replica. */
const CACHE_MS = 3_000;
const CACHED_MAX = 10_000;

export type Authenticate = (text: string) => Promise<AuthenticatedCaller | null>;

/** Looks keys up, remembering those that were good for a moment; wrong keys are never remembered. */
export function createAuthenticator(context: Pick<HttpContext, 'deps' | 'pepper' | 'livemode'>): Authenticate {
  const known = new Map<string, { readonly caller: AuthenticatedCaller; readonly until: number }>();
  return async (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined && remembered.until > performance.now()) return remembered.caller;
    known.delete(text);
    const { deps, pepper, livemode } = context;
    const caller = await authenticateCaller(deps, { text, pepper, livemode });
    if (caller === null) return null;
    if (known.size >= CACHED_MAX) known.clear();
    known.set(text, { caller, until: performance.now() + CACHE_MS });
    return caller;
  };
}

/** Lets in a bearer key that has one of the scopes. */
export function requireScope(authenticate: Authenticate, scopes: readonly Scope[]): RequestHandler {
  return async (request, response, next) => {
    const text = /^Bearer ([\w-]{1,200})$/i.exec(request.get('authorization') ?? '')?.[1];
    const caller = text === undefined ? null : await authenticate(text);
    if (caller === null) {
      throw new ProblemError({
        code: 'unauthenticated',
        message:
          text === undefined
            ? 'send an API key: Authorization: Bearer cp_test_… (make one with: creditpool keys create)'
            : 'this API key is unknown, expired or revoked; make one with: creditpool keys create',
      });
    }
    if (!permits(caller.scopes, scopes)) {
      throw new ProblemError({
        code: 'forbidden',
        message: `this needs a key with the scope ${scopes.join(' or ') || 'admin'}; yours has ${caller.scopes.join(', ') || 'none'}`,
        details: { needed: scopes.length > 0 ? scopes : ['admin'], held: caller.scopes },
      });
    }
    response.locals['caller'] = caller;
    next();
  };
}
