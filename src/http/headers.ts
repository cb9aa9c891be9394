// What every answer of the API carries, whichever way it takes.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import helmet from 'helmet';

const POLICY: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: { maxAge: 31_536_000 },
};

/** Helmet's headers, which are the same for every request: asked for once, name after value as Node takes them. */
function askHelmet(): readonly string[] {
  const headers: string[] = [];
  const response = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    removeHeader: () => undefined,
  };
  helmet(POLICY)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error instanceof Error ? error : new Error('helmet refused its settings');
  });
  return headers;
}

/** Names and values in turn. */
export const FIXED_HEADERS: readonly string[] = [...askHelmet(), 'cache-control', 'no-store'];

/** The caller's own id of the request, or a new one. */
export function requestIdFor(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : `req_${randomUUID()}`;
}
