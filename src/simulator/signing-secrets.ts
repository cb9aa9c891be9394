// The secrets that sign what an endpoint is sent: its own, and while it is being rolled its former ones, too.
import { createHmac } from 'node:crypto';

import { invalidRequest, noSuch } from './errors.ts';
import { freshId } from './ids.ts';
import type { World } from './world.ts';

/** Stripe keeps a former secret for a day at most. */
const KEPT_SECONDS_MAX = 86_400;

/** Gives an endpoint or destination a new secret; the former one signs beside it for a while, none at 0. */
export function rollSecret(world: World, id: string, keepSeconds = KEPT_SECONDS_MAX): object {
  const { store } = world;
  const kind = id.startsWith('ed_') ? 'event_destinations' : 'webhook_endpoints';
  const endpoint = store.find(kind, id);
  if (endpoint === undefined) throw noSuch('webhook endpoint', id);
  if (!Number.isInteger(keepSeconds) || keepSeconds < 0 || keepSeconds > KEPT_SECONDS_MAX) {
    throw invalidRequest(`A former secret is kept for 0 to ${KEPT_SECONDS_MAX} seconds, not ${keepSeconds}.`);
  }
  const secret = freshId('whsec', 32);
  const until = world.now() + keepSeconds;
  store.put('former_secrets', { id: freshId('former'), endpoint: id, secret: endpoint.secret ?? '', until });
  store.patch(kind, id, { secret });
  return { id, secret, former_secret_until: until };
}

/** Newest first. */
export function secretsOf(world: World, endpoint: { readonly id: string; readonly secret?: string }): string[] {
  const former = world.store.by('former_secrets', 'endpoint', endpoint.id).toReversed();
  const valid = former.filter(({ until }) => until > world.now());
  return [endpoint.secret ?? '', ...valid.map(({ secret }) => secret)];
}

/** The header of a signed webhook: one `v1` for each secret. */
export function signatureHeader(body: string, secrets: readonly string[], seconds: number): string {
  const signatures = secrets.map((secret) => createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'));
  return [`t=${seconds}`, ...signatures.map((v1) => `v1=${v1}`)].join(',');
}
