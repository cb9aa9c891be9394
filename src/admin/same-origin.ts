// Nothing is changed by a request that another site made: it must say that it comes from here, and carry a token that
// only pages of this session have.
import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Request } from 'express';

/** The token of a session's forms: bound to the session, and nothing that gives the session away. */
export function csrfOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('console form').digest('base64url');
}

export function isCsrfOf(sessionToken: string, given: string | null): boolean {
  const expected = Buffer.from(csrfOf(sessionToken));
  const received = Buffer.from(given ?? '');
  return expected.length === received.length && timingSafeEqual(expected, received);
}

/** Whether the browser says that a page of this very origin sent the request. */
export function isSameOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = request.get('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === request.get('host');
}
