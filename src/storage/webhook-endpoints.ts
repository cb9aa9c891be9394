// Where alerts are sent. Secrets come and go sealed; only the delivery opens them.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly description: string;
  readonly state: 'active' | 'disabled';
  readonly failingSince: Date | null;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly disabledBecause: string | null;
  readonly previousUntil: Date | null;
}

const ENDPOINT = `select endpoint_id as "endpointId", url, description, state, failing_since as "failingSince",
  created_at as "createdAt", disabled_at as "disabledAt", disabled_because as "disabledBecause",
  previous_until as "previousUntil" from webhook_endpoints`;

/** Registers an endpoint that is told of everything from now on. */
export async function insertEndpoint(
  db: Database,
  endpoint: {
    readonly endpointId: string;
    readonly url: string;
    readonly description: string;
    readonly secret: Buffer;
  },
): Promise<void> {
  await execute(
    db,
    `insert into webhook_endpoints (endpoint_id, url, description, state, secret, created_at)
     values ($1, $2, $3, 'active', $4, clock_timestamp())`,
    [endpoint.endpointId, endpoint.url, endpoint.description, endpoint.secret],
  );
}

/** One endpoint; null where there is none. */
export async function readEndpoint(db: Database, endpointId: string): Promise<WebhookEndpoint | null> {
  const [row] = await query<WebhookEndpoint>(db, `${ENDPOINT} where endpoint_id = $1`, [endpointId]);
  return row ?? null;
}

/** Every endpoint, the oldest first. */
export async function listEndpoints(db: Database): Promise<readonly WebhookEndpoint[]> {
  return query<WebhookEndpoint>(db, `${ENDPOINT} order by created_at, endpoint_id`);
}

/** A new secret; the old one signs along for a day, so that receivers can change in their own time. */
export async function rotateSecret(db: Database, endpointId: string, secret: Buffer): Promise<boolean> {
  const rotated = await execute(
    db,
    `update webhook_endpoints set previous_secret = secret, previous_until = clock_timestamp() + interval '24 hours',
       secret = $2 where endpoint_id = $1`,
    [endpointId, secret],
  );
  return rotated > 0;
}

/** Stops or resumes deliveries to an endpoint. */
export async function setEndpointState(
  db: Database | Transaction,
  endpointId: string,
  { state, because }: { readonly state: 'active' | 'disabled'; readonly because: string | null },
): Promise<boolean> {
  const changed = await execute(
    db,
    `update webhook_endpoints set state = $2, disabled_because = $3, failing_since = null,
       disabled_at = case when $2 = 'disabled' then clock_timestamp() end
     where endpoint_id = $1`,
    [endpointId, state, because],
  );
  return changed > 0;
}
