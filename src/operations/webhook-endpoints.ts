import { refuse, type Refused } from '../domain/rejection.ts';
import {
  insertEndpoint,
  listEndpoints as listRows,
  readEndpoint,
  rotateSecret,
  setEndpointState,
  type WebhookEndpoint,
} from '../storage/webhook-endpoints.ts';
import type { Channels } from './deliver-alerts.ts';
import type { Deps } from './deps.ts';

export interface Notified {
  readonly deps: Deps;
  readonly channels: Pick<Channels, 'refusedUrl' | 'newSecret' | 'wallTime' | 'post' | 'seal'>;
}

/** An endpoint with the secret that signs for it, which is shown this once. */
export type NewEndpoint = { readonly endpoint: WebhookEndpoint; readonly secret: string };

/** Registers an endpoint once it has answered a signed challenge with a 2xx. */
export async function registerEndpoint(
  { deps, channels }: Notified,
  { url, description }: { readonly url: string; readonly description: string },
): Promise<NewEndpoint | Refused> {
  const refused = channels.refusedUrl(url);
  if (refused !== null) return forbidden(refused);
  const endpointId = deps.newId();
  const secret = channels.newSecret();
  const at = channels.wallTime();
  const body = JSON.stringify({ type: 'endpoint.challenge', timestamp: at.toISOString(), data: { object: { url } } });
  const answer = await channels.post({ url, secrets: [secret], id: `challenge_${endpointId}`, at, body });
  if (answer.failure !== null) {
    return forbidden(
      `The endpoint did not take the challenge: ${answer.failure}. Answer it with a 2xx and register again.`,
    );
  }
  await insertEndpoint(deps.db, { endpointId, url, description, secret: channels.seal.seal(secret) });
  return { endpoint: await found(deps, endpointId), secret };
}

/** A new secret; the old one signs along for 24 hours. */
export async function rotateEndpointSecret(
  { deps, channels }: Notified,
  endpointId: string,
): Promise<NewEndpoint | Refused> {
  const secret = channels.newSecret();
  if (!(await rotateSecret(deps.db, endpointId, channels.seal.seal(secret)))) return unknownEndpoint();
  return { endpoint: await found(deps, endpointId), secret };
}

/** Turns an endpoint off, or on again. */
export async function switchEndpoint(
  { deps }: Pick<Notified, 'deps'>,
  endpointId: string,
  state: 'active' | 'disabled',
): Promise<WebhookEndpoint | Refused> {
  const because = state === 'disabled' ? 'by hand' : null;
  if (!(await setEndpointState(deps.db, endpointId, { state, because }))) return unknownEndpoint();
  return found(deps, endpointId);
}

/** Every endpoint, the oldest first. */
export async function listEndpoints({ deps }: Pick<Notified, 'deps'>): Promise<readonly WebhookEndpoint[]> {
  return listRows(deps.db);
}

async function found({ db }: Deps, endpointId: string): Promise<WebhookEndpoint> {
  const endpoint = await readEndpoint(db, endpointId);
  if (endpoint === null) throw new Error(`endpoint ${endpointId} has vanished`);
  return endpoint;
}

function forbidden(message: string): Refused {
  return refuse('forbidden_address', message, { param: 'url' });
}

function unknownEndpoint(): Refused {
  return refuse('unknown_webhook_endpoint', 'No webhook endpoint has this id (endpoint_…).', { param: 'id' });
}
