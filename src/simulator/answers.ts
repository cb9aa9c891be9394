import { createHash } from 'node:crypto';

import type { StoredAnswer } from './collections.ts';
import { StripeRefusal } from './errors.ts';
import type { World } from './world.ts';

const KEPT_SECONDS = 86_400;
const KEY_LENGTH_MAX = 255;

/** The first version of the API replays a failure, too; the second runs a request again that failed. */
export function replaysFailures(path: string): boolean {
  return !path.startsWith('/v2/');
}

/** What a request asks, so that a key used for something else is noticed. */
export function fingerprint(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64url');
}

/** The stored first answer to this key, when the same thing is asked again; refused when it is something else. */
export function earlierAnswer(world: World, key: string, print: string): StoredAnswer | undefined {
  const stored = world.store.find('answers', key);
  if (stored === undefined || stored.created <= world.now() - KEPT_SECONDS) return undefined;
  if (stored.fingerprint === print) return stored;
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
    `Try using a key other than '${key}' if you meant to execute a different request.`;
  throw new StripeRefusal(400, 'idempotency_error', message, {}, { beforeExecution: true });
}

/** The refusal for a key whose first request is still being answered. */
export function keyInUse(key: string): StripeRefusal {
  const message = `There is currently another in-progress request using this Idempotency Key (${key}).`;
  return new StripeRefusal(
    409,
    'idempotency_error',
    message,
    { code: 'idempotency_key_in_use' },
    { beforeExecution: true },
  );
}

/** The refusal of a key that is longer than Stripe keeps one; nothing runs. */
export function keyTooLong(key: string): StripeRefusal | undefined {
  if (key.length <= KEY_LENGTH_MAX) return undefined;
  const message = `The Idempotency-Key has ${key.length} characters; at most ${KEY_LENGTH_MAX} are allowed.`;
  return new StripeRefusal(400, 'invalid_request_error', message, {}, { beforeExecution: true });
}
