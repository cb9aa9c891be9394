// A money story told from outside: a host application at Stripe's API and ours, on a test clock. Nothing is written to
// the database by hand; each story ends with `expectBooks`.
import { randomBytes } from 'node:crypto';

import express from 'express';
import { afterAll, expect, onTestFinished, vi } from 'vitest';

import { assembleBilling, assembleDeps, type Billing } from '../../src/billing.ts';
import { formatCredits, formatScaled } from '../../src/domain/amount.ts';
import type { Catalogue } from '../../src/domain/catalogue.ts';
import type { Role } from '../../src/domain/operator.ts';
import { SCOPES } from '../../src/domain/scope.ts';
import { createApiKey } from '../../src/operations/create-api-key.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { registerWebhook } from '../../src/operations/register-webhook.ts';
import { stampDeployment } from '../../src/operations/stamp-deployment.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { openHttpServer } from '../../src/sandbox/http-server.ts';
import { createSandboxClock, type SandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { buyPack, registerCustomer, signUp } from '../../src/sandbox/sign-up.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Switches } from '../../src/simulator/switches.ts';
import type { Database } from '../../src/storage/database.ts';
import { listPackVersions, listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { connectStripe, type StripeGateway } from '../../src/stripe/gateway.ts';
import { type Reply, replyOf, type Wire } from './api.ts';
import { sampleCatalogue } from './catalogue.ts';
import { cloneDatabase } from './database.ts';
import { asDocumented } from './documented.ts';
import { employ } from './operators.ts';
import { switchesOfRun } from './positions.ts';
import { startProcess } from './processes.ts';
import { expectRecomputedInvoices } from './recomputed-invoices.ts';

export interface Story {
  readonly origin: string;
  readonly apiKey: string;
  readonly billing: Billing;
  readonly stripe: StripeGateway;
  readonly simulator: Simulator;
  readonly clock: SandboxClock;
  readonly call: (method: string, path: string, body?: unknown, key?: string, origin?: string) => Promise<Reply>;
  /** Starts another replica in a process of its own; where it listens. */
  readonly replica: (connectionString: string) => Promise<string>;
  /** Moves both clocks; what falls due on the way is done on the way. */
  readonly until: (instant: string) => Promise<void>;
  /** Both clocks move while the service is down: webhooks fail and none of its work is done. */
  readonly down: (until: string) => Promise<void>;
  /** The service is back: what Stripe kept for it arrives, and what fell due is done. */
  readonly back: () => Promise<void>;
  /** Goes on until no message waits for its next try. */
  readonly relayed: () => Promise<void>;
  readonly subscriber: (plan?: string) => Promise<Subscriber>;
  /** A customer with a card and no subscription yet. */
  readonly newcomer: () => Promise<Subscriber>;
  /** A person who works here, calling with a key of his own. */
  readonly person: (name: string, ...roles: readonly Role[]) => Promise<Story['call']>;
  /** Whoever has this token. */
  readonly bearing: (token: string) => Story['call'];
}

export interface Subscriber {
  /** What the host calls it: `ext:…`. */
  readonly externalId: string;
  /** The host's own name for it. */
  readonly name: string;
  readonly stripeCustomer: string;
  readonly subscription: string;
  /** `calls` of `api.call`, a credit each, as one event; answers the item's result. */
  readonly use: (
    calls: number,
    more?: { at?: string; id?: string; action?: string; quantities?: object; member?: string; provider?: object },
  ) => Promise<Wire>;
  readonly buyPack: (pack?: string) => Promise<string>;
  readonly balance: () => Promise<Wire>;
  /** The newest invoice of its cycle; where there is none, the newest of all. */
  readonly cycleInvoice: () => Promise<Wire>;
}

export interface StoryOptions {
  readonly catalogue?: Catalogue;
  readonly startsAt?: string;
  readonly switches?: Partial<Switches>;
  /** A server that takes the mail; default: there is none. */
  readonly smtpUrl?: string;
}

/** What the keys of stories are hashed with. */
export const STORY_PEPPER = 'a pepper for stories';
let events = 0;

/** Starts the whole product in its sandbox for the calling test file, at 1 April 2026 unless told otherwise. */
export async function tellStory(db: Database, options: StoryOptions = {}): Promise<Story> {
  const { catalogue = sampleCatalogue, startsAt = '2026-04-01T00:00:00Z', switches = {}, smtpUrl } = options;
  const simulator = await startSimulator({ switches: { ...switchesOfRun(), ...switches } });
  const { host, port, secretKey } = simulator;
  const stripe = connectStripe({ secretKey, host, port, protocol: 'http' });
  const silent = (): void => undefined;
  const deps = assembleDeps({ db, stripe, log: { info: silent, warn: silent, error: console.error } });
  await stampDeployment(deps, { livemode: false, sandbox: true });
  const http = await openHttpServer({ host: '127.0.0.1', port: 0 });
  let clock: SandboxClock | null = null;
  const billing = assembleBilling(deps, {
    livemode: false,
    pepper: STORY_PEPPER,
    webhookSecrets: [await registerWebhook(deps, `${http.origin}/v1/webhooks/stripe`)],
    publicUrl: http.origin,
    nightlyCron: '0 3 * * *',
    sandbox: { advanceClock: async (to) => (clock as unknown as SandboxClock).advance(to) },
    signIn: { by: 'link' },
    mail: { smtpUrl, from: 'us@example.com', folder: null },
  });
  http.serve(express().use(billing.router));
  clock = createSandboxClock({ deps, simulator, works: billing.jobs.works, jobs: billing.jobs });
  const idle = createSandboxClock({ deps, simulator, works: [], jobs: billing.jobs });
  await clock.beginAt(new Date(startsAt));
  const pushed = await pushCatalogue(deps, catalogue);
  if ('rejected' in pushed) throw new Error(pushed.rejected.message);
  const apiKey = await makeKey(deps, 'story');
  afterAll(async () => {
    await http.stop(1_000);
    await billing.close();
    await simulator.close();
  });
  const callWith =
    (bearer: string): Story['call'] =>
    async (method, path, body, key, origin = http.origin) => {
      const response = await fetch(origin + path, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return asDocumented(method, path, body, await replyOf(response));
    };
  const call = callWith(apiKey);
  const story = {
    origin: http.origin,
    apiKey,
    billing,
    stripe,
    simulator,
    clock,
    call,
    bearing: callWith,
    until: async (instant: string) => void (await clock.advance(new Date(instant))),
    replica: async (connectionString: string) => {
      const { child, lines, ended } = startProcess(
        'replica-process.ts',
        connectionString,
        host,
        String(port),
        secretKey,
        STORY_PEPPER,
      );
      onTestFinished(async () => {
        child.kill();
        await ended;
      });
      return vi.waitFor(
        () => {
          const [origin] = lines();
          if (origin === undefined) throw new Error('the replica does not listen yet');
          return origin;
        },
        { timeout: 20_000, interval: 50 },
      );
    },
    down: async (instant: string) => {
      simulator.faults.webhooks = { drop: true };
      await idle.advance(new Date(instant));
    },
    back: async () => {
      simulator.faults.webhooks = {};
      await simulator.retryWebhooks();
      await clock.settle();
    },
    relayed: async () => {
      await vi.waitFor(
        async () => {
          await clock.settle();
          expect(await unsent(db)).toEqual([]);
        },
        { timeout: 30_000, interval: 250 },
      );
    },
  };
  return {
    ...story,
    subscriber: async (plan = 'hybrid') => subscribe(story, plan),
    newcomer: async () => {
      const who = await nameless(story);
      return subscriberOf(story, who, { customer: await registerCustomer(story.stripe, who), subscription: '' });
    },
    person: async (name, ...roles) => {
      const subject = await employ(deps, name, roles);
      return callWith(await makeKey(deps, name, subject));
    },
  };
}

async function makeKey(deps: Deps, name: string, operatorSubject?: string): Promise<string> {
  const { text } = await createApiKey(deps, {
    name,
    scopes: SCOPES,
    livemode: false,
    pepper: STORY_PEPPER,
    randomness: randomBytes(41),
    // Keys expire by the wall clock, whatever time the story lives in.
    at: new Date(),
    ...(operatorSubject !== undefined && { operatorSubject }),
  });
  return text;
}

/** The same story once for each position of an uncertain fact about Stripe, each in books of its own. */
export async function tellEach(
  positions: Readonly<Record<string, Partial<Switches>>>,
  options: StoryOptions = {},
): Promise<readonly (readonly [string, Story])[]> {
  const told: (readonly [string, Story])[] = [];
  for (const [position, switches] of Object.entries(positions)) {
    const { database } = await cloneDatabase();
    told.push([position, await tellStory(database, { ...options, switches })]);
  }
  return told;
}

type Begun = Omit<Story, 'subscriber' | 'newcomer' | 'person'>;

/** A name that nobody has yet, and a clock of its own. */
async function nameless({ stripe, clock }: Begun): Promise<{ name: string; externalId: string; testClock: string }> {
  const testClock = await stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor((await clock.now()).getTime() / 1000),
  });
  events += 1;
  return { name: `story-${events}`, externalId: `story-${events}`, testClock: testClock.id };
}

async function subscribe(story: Begun, planName: string): Promise<Subscriber> {
  const { billing, stripe } = story;
  const plan = (await listPlanVersions(billing.deps.db)).find((version) => version.plan === planName);
  if (plan === undefined) throw new Error(`no plan ${planName}`);
  const who = await nameless(story);
  return subscriberOf(story, who, await signUp(stripe, { ...who, plan }));
}

async function subscriberOf(
  story: Begun,
  { externalId }: { readonly externalId: string },
  { customer, subscription }: { readonly customer: string; readonly subscription: string },
): Promise<Subscriber> {
  const { billing, stripe, clock, call } = story;
  await clock.settle();
  return {
    name: externalId,
    externalId,
    stripeCustomer: customer,
    subscription,
    use: async (calls, { at, id, action = 'api.call', quantities = { calls }, member, provider } = {}) => {
      events += 1;
      const event = {
        id: id ?? `use-${events}`,
        customer,
        action,
        quantities,
        ...(at !== undefined && { occurred_at: at }),
        ...(member !== undefined && { member }),
        ...(provider !== undefined && { provider }),
      };
      return (await call('POST', '/v1/track', event)).body;
    },
    buyPack: async (name = 'pack-10k') => {
      const pack = (await listPackVersions(billing.deps.db)).find((version) => version.pack === name);
      if (pack === undefined) throw new Error(`no pack ${name}`);
      const invoice = await buyPack(stripe, customer, pack);
      await clock.settle();
      return invoice;
    },
    balance: async () => (await call('GET', `/v1/customers/${customer}/balance`)).body,
    cycleInvoice: async () => {
      const { data } = await stripe.invoices.list({ customer, limit: 100 });
      const cycle = data.find(({ billing_reason: reason }) => reason === 'subscription_cycle') ?? data[0];
      if (cycle === undefined) throw new Error('there is no invoice yet');
      return (await call('GET', `/v1/invoices/${cycle.id}`)).body;
    },
  };
}

async function unsent(db: Database): Promise<readonly object[]> {
  return query(
    db,
    `select queue, call, state, outcome from outbox
     where lane between 0 and 63 and state in ('pending', 'sending', 'unknown', 'parked')`,
    [],
  );
}

/** The id of what an answer shows. */
export function idOf({ id }: Wire): string {
  if (typeof id !== 'string') throw new Error(`no id: ${JSON.stringify(id)}`);
  return id;
}

/** All of it in major units or credits, as people say it. */
export interface Books {
  /** Total of the newest cycle invoice. */
  readonly invoice: string;
  readonly credits_applied: string;
  /** Credits left on all lots, held ones included. */
  readonly lots: string;
  /** Deferred revenue, fees and packs together, recognised to the end of yesterday. */
  readonly deferred: string;
  readonly receivable: string;
  readonly cash: string;
  /** What Stripe's open credit grants are worth. */
  readonly open_grants: string;
  /** Differences that reconciliation cannot explain. */
  readonly variances: number;
}

/** The shared last line of every story: the numbers, the proof of the ledger, and a reconciliation of everything. */
export async function expectBooks(story: Story, customer: Subscriber, books: Books, currency = 'usd'): Promise<void> {
  const { deps } = story.billing;
  const digits = ({ jpy: 0, kwd: 3 } as Record<string, number>)[currency] ?? 2;
  const money = (minor: bigint): string => formatScaled(minor, digits);
  await story.clock.settle();
  await recogniseRevenue(deps);
  const account = async (...kinds: readonly string[]): Promise<string> => {
    const [row] = await query<{ sum: string }>(
      deps.db,
      `select coalesce(sum(a.balance), 0)::text as sum from accounts a
       join customer_aliases n using (customer_id)
       where n.alias = $1 and a.lane between 0 and 63 and a.kind = any ($2::text[]) and a.unit = $3`,
      [customer.stripeCustomer, kinds, currency],
    );
    return money(BigInt(row?.sum ?? '0'));
  };
  const invoice = await customer.cycleInvoice();
  // A difference that stays open is one that the recomputation would find, too.
  if (books.variances === 0) await expectRecomputedInvoices(story, customer.stripeCustomer, digits);
  const lots = (await customer.balance())['lots'] as unknown as readonly {
    granted: string;
    used: string;
    remaining: string;
    held: string;
  }[];
  const micro = lots.reduce((sum, lot) => sum + toMicro(lot.remaining) + toMicro(lot.held), 0n);
  const negated = async (...kinds: readonly string[]): Promise<string> => (await account(...kinds)).replace(/^-/, '');
  const verified = await verifyLedger(deps);
  const run = await reconcile(deps, { full: true });
  expect(verified.breaches).toEqual([]);
  // Named, so that a failure says what it is; the number stands with the others.
  const open = run.variances.filter(({ state }) => state === 'open');
  if (open.length !== books.variances) expect(open).toEqual([]);
  expect({
    invoice: money(BigInt(Number(invoice['total_minor']))),
    credits_applied: money(BigInt(Number(invoice['credits_applied_minor']))),
    lots: formatCredits(micro),
    deferred: await negated('deferred.subscription', 'deferred.credits'),
    receivable: await account('receivable'),
    cash: await account('cash'),
    open_grants: money(BigInt(await openGrants(story, customer))),
    variances: run.unexplained,
  }).toEqual(books);
}

function toMicro(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

/** Scoped to prices, so that no summary over all of them exists: grant by grant. */
async function openGrants({ stripe }: Story, { stripeCustomer: customer }: Subscriber): Promise<number> {
  let sum = 0;
  for await (const grant of stripe.billing.creditGrants.list({ customer, limit: 100 })) {
    const { balances } = await stripe.billing.creditBalanceSummaries.retrieve({
      customer,
      filter: { type: 'credit_grant', credit_grant: grant.id },
    });
    for (const { available_balance: left } of balances) sum += left?.monetary?.value ?? 0;
  }
  return sum;
}
