import type { RequestHandler } from 'express';

import { permits, type Scope } from '../domain/scope.ts';
import { authenticateCaller, type AuthenticatedCaller } from '../operations/authenticate-caller.ts';
import type { HttpContext } from './context.ts';
import { ProblemError } from './problem-error.ts';

/** A revoked key stops within this time on every replica. */
const CACHE_MS = 3_000;
const CACHED_MAX = 10_000;

export interface Authenticator {
  /** Who was found behind this key a moment ago; undefined when it must be looked up. */
  readonly remembered: (text: string) => AuthenticatedCaller | undefined;
  readonly lookUp: (text: string) => Promise<AuthenticatedCaller | null>;
}

/** Looks keys up, remembering those that were good for a moment; wrong keys are never remembered. */
export function createAuthenticator(context: Pick<HttpContext, 'deps' | 'pepper' | 'livemode'>): Authenticator {
  const known = new Map<string, { readonly caller: AuthenticatedCaller; readonly until: number }>();
  return {
    remembered: (text) => {
      const found = known.get(text);
      return found !== undefined && found.until > performance.now() ? found.caller : undefined;
    },
    lookUp: async (text) => {
      known.delete(text);
      const { deps, pepper, livemode } = context;
      const caller = await authenticateCaller(deps, { text, pepper, livemode });
      if (caller === null) return null;
      if (known.size >= CACHED_MAX) known.clear();
      known.set(text, { caller, until: performance.now() + CACHE_MS });
      return caller;
    },
  };
}

/** The caller behind an `Authorization` header, at once if it was seen a moment ago. Throws for one that may not come in. */
export function admit(
  { remembered, lookUp }: Authenticator,
  scopes: readonly Scope[],
  authorization: string | undefined,
): AuthenticatedCaller | Promise<AuthenticatedCaller> {
  const text = /^Bearer ([\w-]{1,200})$/i.exec(authorization ?? '')?.[1];
  if (text === undefined) {
    throw new ProblemError({
      code: 'unauthenticated',
      message: 'send an API key: Authorization: Bearer cp_test_… (make one with: creditpool keys create)',
    });
  }
  const known = remembered(text);
  return known === undefined ? lookUp(text).then((caller) => permitted(caller, scopes)) : permitted(known, scopes);
}

function permitted(caller: AuthenticatedCaller | null, scopes: readonly Scope[]): AuthenticatedCaller {
  if (caller === null) {
    throw new ProblemError({
      code: 'unauthenticated',
      message: 'this API key is unknown, expired or revoked; make one with: creditpool keys create',
    });
  }
  if (permits(caller.scopes, scopes)) return caller;
  throw new ProblemError({
    code: 'forbidden',
    message: `this needs a key with the scope ${scopes.join(' or ') || 'admin'}; yours has ${caller.scopes.join(', ') || 'none'}`,
    details: { needed: scopes.length > 0 ? scopes : ['admin'], held: caller.scopes },
  });
}

/** Lets in a bearer key that has one of the scopes. */
export function requireScope(authenticator: Authenticator, scopes: readonly Scope[]): RequestHandler {
  return async (request, response, next) => {
    response.locals['caller'] = await admit(authenticator, scopes, request.get('authorization'));
    next();
  };
}
