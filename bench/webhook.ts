// Stripe's events from the door to the database: ours, with the ledger's entries, beside @supabase/stripe-sync-engine,
// which mirrors. The same deliveries, one PostgreSQL server, one process, the two sides in turn.
import { assembleDeps } from '../src/billing.ts';
import { applyInbox } from '../src/jobs/inbox.ts';
import type { Deps } from '../src/operations/deps.ts';
import { guardDraft } from '../src/operations/guard-drafts.ts';
import { pushCatalogue } from '../src/operations/push-catalogue.ts';
import { receiveStripeEvent } from '../src/operations/receive-stripe-event.ts';
import { setSimulatedClock } from '../src/storage/clock.ts';
import { openDatabase } from '../src/storage/database.ts';
import { stampOnce } from '../src/storage/deployment.ts';
import { migrate } from '../src/storage/migrate.ts';
import { creditUnit, listPlanVersions } from '../src/storage/plans.ts';
import { query } from '../src/storage/query.ts';
import { connectStripe } from '../src/stripe/gateway.ts';
import { hybrid, sampleCatalogue } from '../test/support/catalogue.ts';
import { webhookRegistry } from '../webhooks/index.ts';
import { type SimulatorProcess, startSimulator } from './processes.ts';
import { median, pairedRatio, rounded } from './rounds.ts';
import { asOwner, type Stage } from './stage.ts';
import { type Delivery, deliveriesSince, eachOf, type Offer, signUp, useMore } from './stripe-lives.ts';
import { openSyncEngine } from './sync-engine.ts';

export interface WebhookResult {
  /** Against the engine as it fetches objects again, which is what we do. */
  readonly vs_sync_engine: number;
  /** Against the engine as it is set up by default: it believes the event. */
  readonly vs_sync_engine_unfetched: number;
  readonly events_per_s: number;
  readonly sync_engine_events_per_s: number;
  readonly sync_engine_unfetched_events_per_s: number;
  readonly entries_per_event: number;
}

/** Deliveries under way at once, and connections of each side. */
const CONNECTIONS = 10;
const SECRET = 'whsec_benchmark';
const DAY_MS = 86_400_000;
/** What the engine has a table for, and we a handler; the engine throws on any type that it does not know. */
const TYPES = new Set(
  [
    'customer.created',
    'customer.updated',
    'customer.subscription.created',
    'customer.subscription.updated',
    'customer.subscription.deleted',
    'invoice.created',
    'invoice.updated',
    'invoice.finalized',
    'invoice.paid',
    'invoice_payment.paid',
  ].filter((type) => Object.hasOwn(webhookRegistry, type)),
);

type Side = (deliveries: readonly Delivery[]) => Promise<void>;

/** Events per second of each side, over rounds of fresh customers; a round is what a sign-up and then what a bill says. */
export async function measureWebhook(stage: Stage): Promise<WebhookResult> {
  const startsAt = new Date(Math.floor(Date.now() / DAY_MS - 400) * DAY_MS);
  const simulator = await startSimulator(startsAt);
  const closers: (() => Promise<void>)[] = [simulator.stop];
  try {
    return await measure(stage, { simulator, startsAt, closers });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function measure(
  stage: Stage,
  { simulator, startsAt, closers }: { simulator: SimulatorProcess; startsAt: Date; closers: (() => Promise<void>)[] },
): Promise<WebhookResult> {
  const { webhooks, webhookRounds } = stage.sizes;
  const deps = await openOurs(stage, simulator, closers);
  await setSimulatedClock(deps.db, startsAt);
  const offer = await sell(deps);
  const sides: Record<'ours' | 'fetched' | 'unfetched', Side> = {
    ours: async (deliveries) => applyOurs(deps, deliveries),
    fetched: await openTheirs(stage, deps, closers, true),
    unfetched: await openTheirs(stage, deps, closers, false),
  };
  const speeds = { ours: [] as number[], fetched: [] as number[], unfetched: [] as number[] };
  const known = new Set<string>();
  let now = startsAt;
  let events = 0;
  for (let round = -1; round < webhookRounds; round += 1) {
    const seconds = { ours: 0, fetched: 0, unfetched: 0 };
    let count = 0;
    const deliver = async (): Promise<void> => {
      await setSimulatedClock(deps.db, now);
      const deliveries = await deliveriesSince(deps.stripe, new Date(now.getTime() - 40 * DAY_MS), {
        types: TYPES,
        secret: SECRET,
        known,
      });
      count += deliveries.length;
      for (const side of ['ours', 'fetched', 'unfetched'] as const) {
        const started = performance.now();
        await sides[side](deliveries);
        seconds[side] += (performance.now() - started) / 1_000;
      }
    };
    const customers = await signUp(deps.stripe, offer, webhooks);
    await deliver();
    await useMore(deps.stripe, offer, customers);
    now = new Date(now.getTime() + 32 * DAY_MS);
    await simulator.advanceTo(now);
    await deliver();
    events += count;
    const speed = (side: keyof typeof seconds): number => Math.round(count / seconds[side]);
    stage.say(
      `webhooks ${round < 0 ? 'warm-up' : round + 1}: ${count} events, ours ${speed('ours')}/s, sync engine ${speed('fetched')}/s, without fetching ${speed('unfetched')}/s`,
    );
    if (round < 0) continue;
    for (const side of ['ours', 'fetched', 'unfetched'] as const) speeds[side].push(count / seconds[side]);
  }
  const [posted] = await query<{ entries: number }>(
    deps.db,
    'select count(*)::int as entries from journal_entries where lane between 0 and 63',
  );
  return {
    vs_sync_engine: rounded(pairedRatio(speeds.ours, speeds.fetched)),
    vs_sync_engine_unfetched: rounded(pairedRatio(speeds.ours, speeds.unfetched)),
    events_per_s: Math.round(median(speeds.ours)),
    sync_engine_events_per_s: Math.round(median(speeds.fetched)),
    sync_engine_unfetched_events_per_s: Math.round(median(speeds.unfetched)),
    entries_per_event: rounded((posted?.entries ?? 0) / events),
  };
}

async function openOurs(stage: Stage, simulator: SimulatorProcess, closers: (() => Promise<void>)[]): Promise<Deps> {
  const connectionString = await newDatabase(stage, 'webhooks_ours');
  await migrate({ connectionString });
  const db = openDatabase({ connectionString, poolSize: CONNECTIONS });
  closers.push(async () => db.destroy());
  await stampOnce(db, { account: simulator.accountId, livemode: false, sandbox: true });
  const { port, secretKey } = simulator;
  const stripe = connectStripe({ secretKey, host: '127.0.0.1', port, protocol: 'http' });
  const silent = (): void => undefined;
  const warn = (fields: unknown, message: string): void => stage.say(`${message} ${JSON.stringify(fields)}`);
  return assembleDeps({ db, stripe, log: { info: silent, warn, error: warn } });
}

async function sell(deps: Deps): Promise<Offer> {
  const pushed = await pushCatalogue(deps, { ...sampleCatalogue, plans: [hybrid] });
  if ('rejected' in pushed) throw new Error(JSON.stringify(pushed.rejected));
  const [version] = await listPlanVersions(deps.db);
  const unit = await creditUnit(deps.db, version?.unit ?? '');
  const [basePrice, meteredPrice] = [version?.stripeBasePriceId, version?.stripeMeteredPriceId];
  if (typeof basePrice !== 'string' || typeof meteredPrice !== 'string' || unit === null)
    throw new Error('the plan was not pushed');
  return { basePrice, meteredPrice, eventName: unit.eventName };
}

/** As the service does it: each delivery is verified, stored and answered; one worker applies what is stored. */
async function applyOurs(deps: Deps, deliveries: readonly Delivery[]): Promise<void> {
  let arriving = true;
  const work = async (): Promise<void> => {
    for (;;) {
      const last = !arriving;
      if ((await applyInbox(deps, webhookRegistry)) === 0 && last) return;
    }
  };
  const worker = work();
  await eachOf(
    deliveries,
    async ({ body, signature }) => {
      const signed = { rawBody: Buffer.from(body), signature, secrets: [SECRET], receivedAt: new Date() };
      const received = await receiveStripeEvent(deps, signed, guardDraft);
      if ('rejected' in received) throw new Error(JSON.stringify(received.rejected));
    },
    CONNECTIONS,
  );
  arriving = false;
  await worker;
}

async function openTheirs(
  stage: Stage,
  { stripe }: Deps,
  closers: (() => Promise<void>)[],
  fetches: boolean,
): Promise<Side> {
  const databaseUrl = await newDatabase(stage, fetches ? 'webhooks_sync_fetched' : 'webhooks_sync');
  const sync = await openSyncEngine({ databaseUrl, stripe, secret: SECRET, connections: CONNECTIONS, fetches });
  closers.push(async () => sync.close());
  return async (deliveries) =>
    eachOf(deliveries, async ({ body, signature }) => sync.processWebhook(Buffer.from(body), signature), CONNECTIONS);
}

async function newDatabase({ ownerUrl }: Stage, name: string): Promise<string> {
  await asOwner(ownerUrl, async (client) => client.query(`create database ${name}`));
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return url.href;
}
