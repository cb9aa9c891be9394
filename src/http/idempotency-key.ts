import { hash } from 'node:crypto';

import type { RequestHandler } from 'express';

import { ProblemError } from './problem-error.ts';
import type { Idempotency } from './route.ts';

/** Refuses a request without a usable `Idempotency-Key`. */
export const requireIdempotencyKey: RequestHandler = (request, response, next) => {
  response.locals['idempotency'] = idempotencyFor(request.get('idempotency-key'), request);
  next();
};

/** The key with the fingerprint of what it is sent with. Throws without a usable key. */
export function idempotencyFor(
  key: string | string[] | undefined,
  { method, originalUrl, body }: { readonly method: string; readonly originalUrl: string; readonly body: unknown },
): Idempotency {
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ProblemError({
      code: 'idempotency_key_required',
      message:
        'send an Idempotency-Key header of 1 to 255 printable characters: the same key on a retry, a new one otherwise',
      param: 'Idempotency-Key',
    });
  }
  const pathname = /^(\/[\w-]+)+$/.test(originalUrl) ? originalUrl : new URL(originalUrl, 'http://localhost').pathname;
  return { key, fingerprint: fingerprint(method, pathname, body) };
}

/** A hash that does not depend on the order of fields or on white space. */
function fingerprint(method: string, path: string, body: unknown): string {
  return hash('sha256', `${method} ${path}\n${canonical(body ?? null)}`, 'hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
