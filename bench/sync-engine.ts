// @supabase/stripe-sync-engine as its README says: its own migrations, one call of processWebhook for each delivery.
import { createRequire } from 'node:module';

import type * as SyncEngine from '@supabase/stripe-sync-engine';

import type { StripeGateway } from '../src/stripe/gateway.ts';
import { asOwner } from './stage.ts';

// Its ES module looks for its migrations by `__dirname`, which only its CommonJS build has.
const engine = createRequire(import.meta.url)('@supabase/stripe-sync-engine') as typeof SyncEngine;

/** What it fetches again before it stores it, as we do for everything; the rest it takes from the event. */
const FETCHED = ['customer', 'subscription', 'invoice', 'charge', 'payment_intent', 'refund', 'credit_note'] as const;

export interface SyncEngineSettings {
  readonly databaseUrl: string;
  readonly stripe: StripeGateway;
  readonly secret: string;
  readonly connections: number;
  readonly fetches: boolean;
}

/** Its schema is created first; its migrations need a role of that name, which every common PostgreSQL has. */
export async function openSyncEngine(settings: SyncEngineSettings): Promise<SyncEngine.StripeSync> {
  const { databaseUrl, stripe, secret, connections, fetches } = settings;
  await asOwner(databaseUrl, async (client) => {
    const { rowCount } = await client.query("select from pg_roles where rolname = 'postgres'");
    if (rowCount === 0) await client.query('create role postgres');
  });
  await engine.runMigrations({ databaseUrl, schema: 'stripe' });
  const sync = new engine.StripeSync({
    schema: 'stripe',
    stripeSecretKey: 'sk_test_simulator',
    stripeWebhookSecret: secret,
    poolConfig: { connectionString: databaseUrl, max: connections },
    ...(fetches && { revalidateObjectsViaStripeApi: [...FETCHED] }),
  });
  // It has no setting for another host.
  sync.stripe = stripe;
  return sync;
}
