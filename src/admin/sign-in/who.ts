// Who stands behind a request: the session of its cookie or, behind a proxy, whom the proxy names.
import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { Request, Response } from 'express';

import type { Refused } from '../../domain/rejection.ts';
import { type ResumedSession, resumeSession } from '../../operations/console/sessions.ts';
import { type Identity, signInPerson } from '../../operations/console/sign-in-person.ts';
import type { Trace } from '../../operations/operators/acting.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { Cookies } from '../cookies.ts';
import { rolesIn } from './provider.ts';
import type { ProxySettings } from './settings.ts';

/** Set by the proxy, and stripped by it from whatever comes from outside. */
const PROXY_SECRET_HEADER = 'x-creditpool-proxy';

export interface Present {
  readonly session: ResumedSession;
  readonly token: string;
}

/** 256 random bits for a cookie. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function traceOf(request: Request, response: Response): Trace {
  return {
    requestId: String(response.locals['requestId']),
    address: request.ip ?? null,
    userAgent: request.get('user-agent')?.slice(0, 300) ?? null,
  };
}

/** The session of this request; null when nobody is signed in, a refusal when the proxy names somebody unwelcome. */
export async function whoIsThere(
  { deps, signIn }: ConsoleContext,
  cookies: Cookies,
  request: Request,
  response: Response,
): Promise<Present | Refused | null> {
  const token = cookies.session.read(request);
  const session = token === null ? null : await resumeSession(deps, token);
  if (signIn.by !== 'proxy') return token === null || session === null ? null : { session, token };
  const identity = identityOf(request, signIn);
  if (identity === null) return null;
  if (token !== null && session?.operator.subject === identity.subject) return { session, token };
  const fresh = newToken();
  const signedIn = await signInPerson(deps, {
    identity,
    token: fresh,
    replaces: token,
    trace: traceOf(request, response),
    via: 'proxy',
    authenticatedAt: null,
  });
  if ('rejected' in signedIn) return signedIn;
  cookies.session.write(response, fresh);
  const started = await resumeSession(deps, fresh);
  return started === null ? null : { session: started, token: fresh };
}

/** Whom the proxy names; null without the proxy's secret, whatever the headers say. */
function identityOf(request: Request, settings: ProxySettings): Identity | null {
  const given = Buffer.from(request.get(PROXY_SECRET_HEADER) ?? '');
  const secret = Buffer.from(settings.secret);
  if (given.length !== secret.length || !timingSafeEqual(given, secret)) return null;
  const person = request.get(settings.header)?.trim() ?? '';
  if (person === '' || person.length > 200) return null;
  const groups = (request.get(settings.groupsHeader) ?? '').split(',').map((group) => group.trim());
  return {
    subject: `proxy:${person}`,
    name: person,
    email: person.includes('@') ? person : null,
    roles: settings.rolesOfGroup.size === 0 ? null : rolesIn(groups, settings.rolesOfGroup),
  };
}
