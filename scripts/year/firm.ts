// The whole product as a firm runs it: the server with its PostgreSQL and the simulated Stripe, people with their keys, and
// a clock that is moved.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type Stripe from 'stripe';

import { readConfig } from '../../src/config.ts';
import type { Role } from '../../src/domain/operator.ts';
import { SCOPES } from '../../src/domain/scope.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { createLog } from '../../src/log.ts';
import { createApiKey } from '../../src/operations/create-api-key.ts';
import { NO_TRACE } from '../../src/operations/operators/acting.ts';
import { changeRoles, rememberOperator } from '../../src/operations/operators/manage-operators.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { readLocalSecrets } from '../../src/sandbox/local-secrets.ts';
import { createSandboxClock, type SandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { startServer } from '../../src/server.ts';
import type { Database } from '../../src/storage/database.ts';
import { listPackVersions, listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { catalogue } from './catalogue.ts';

export type Answer = Readonly<Record<string, unknown>>;
export type Call = (
  method: string,
  path: string,
  more?: { readonly body?: object; readonly key?: string },
) => Promise<Answer>;

export interface Firm {
  readonly db: Database;
  readonly stripe: Stripe;
  readonly simulatorUrl: string;
  readonly clock: SandboxClock;
  readonly asHost: Call;
  readonly asFinance: Call;
  readonly asOwner: Call;
  /** Prices at Stripe of a plan. */
  readonly prices: (plan: string) => { readonly base: string | null; readonly metered: string };
  readonly packPrice: (pack: string) => string;
  /** Is it the fee of a plan, not a proration of one? */
  readonly isFee: (line: Stripe.InvoiceLineItem) => boolean;
  readonly meterEvent: string;
  readonly pushCatalogue: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where the books are kept; without a database of its own the firm brings one. */
export interface Premises {
  readonly directory: string;
  readonly databaseUrl?: string;
}

// A machine that loses its power loses this year, too; nobody waits for its disk.
const CARELESS = { fsync: false, synchronous_commit: false, full_page_writes: false };

async function openBooks({ directory, databaseUrl }: Premises) {
  const cataloguePath = join(directory, 'catalogue.json');
  writeFileSync(cataloguePath, JSON.stringify(catalogue));
  const books = join(directory, 'books');
  const own = databaseUrl === undefined ? await startEmbeddedPostgres({ directory: books, settings: CARELESS }) : null;
  const config = readConfig({
    CREDITPOOL_DIR: books,
    CREDITPOOL_CATALOGUE: cataloguePath,
    DATABASE_URL: databaseUrl ?? own?.connection.connectionString,
    JOBS: 'off',
  });
  return { config: { ...config, port: 0, simulatorPort: 0 }, close: async () => own?.stop() };
}

/** Opens the firm; in a directory that has one it goes on where it stopped. */
export async function openFirm(premises: Premises, { startsAt }: { readonly startsAt: Date | null }): Promise<Firm> {
  const { config, close } = await openBooks(premises);
  const server = await startServer({
    config,
    log: createLog({ level: 'error', to: 'stderr' }),
    say: () => undefined,
    ...(startsAt !== null && { startAt: startsAt }),
  });
  const { deps, jobs } = server.billing;
  const { simulator } = server.stripe;
  if (simulator === null) throw new Error('the year is simulated, never lived at Stripe');
  const pepper = readLocalSecrets(config.directory).values['API_KEY_PEPPER'] ?? '';
  const employ = async (name: string, roles: readonly Role[]): Promise<Call> => {
    const subject = `year:${name}`;
    const owner = { subject: 'system:year', roles: ['owner' as const], trace: NO_TRACE };
    await rememberOperator(deps, { subject, name, email: `${name}@example.com` });
    const changed = await changeRoles(deps, owner, { subject, roles, reason: 'works here' });
    if ('rejected' in changed && startsAt !== null) throw new Error(changed.rejected.message);
    return callWith(server.origin, await keyFor(name, subject));
  };
  const keyFor = async (name: string, operatorSubject?: string): Promise<string> => {
    const asked = { name: `${name}-${randomBytes(4).toString('hex')}`, scopes: SCOPES, livemode: false, pepper };
    const person = operatorSubject === undefined ? {} : { operatorSubject };
    // Keys expire by the wall clock, whatever time the year lives in.
    const key = await createApiKey(deps, { ...asked, ...person, randomness: randomBytes(41), at: new Date() });
    return key.text;
  };
  const [plans, packs] = [await listPlanVersions(deps.db), await listPackVersions(deps.db)];
  const bases = new Set(plans.map(({ stripeBasePriceId }) => stripeBasePriceId));
  const [unit] = await query<{ name: string }>(deps.db, 'select event_name as name from credit_units');
  return {
    db: deps.db,
    stripe: deps.stripe,
    simulatorUrl: simulator.url,
    clock: createSandboxClock({ deps, simulator, works: jobs.works, jobs }),
    asHost: callWith(server.origin, await keyFor('host')),
    asFinance: await employ('fiona', ['finance']),
    asOwner: await employ('omar', ['approver', 'owner']),
    prices: (plan) => {
      const found = plans.find((version) => version.plan === plan);
      if (found?.stripeMeteredPriceId == null) throw new Error(`${plan} has no price at Stripe`);
      return { base: found.stripeBasePriceId, metered: found.stripeMeteredPriceId };
    },
    packPrice: (pack) => packs.find((version) => version.pack === pack)?.stripePriceId ?? `no price of ${pack}`,
    isFee: ({ pricing, parent }) =>
      bases.has(pricing?.price_details?.price as string) &&
      parent?.subscription_item_details?.proration !== true &&
      parent?.invoice_item_details == null,
    meterEvent: unit?.name ?? '',
    pushCatalogue: async () => {
      const pushed = await pushCatalogue(deps, catalogue);
      if ('rejected' in pushed) throw new Error(pushed.rejected.message);
    },
    stop: async () => {
      await server.stop();
      await close();
    },
  };
}

function callWith(origin: string, bearer: string): Call {
  return async (method, path, { body, key } = {}) => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  };
}

/** What only banks and card holders do, at the simulator's controls; answers the id of what came of it. */
export async function atTheBank({ simulatorUrl }: Firm, path: string, body: object): Promise<string> {
  const response = await fetch(`${simulatorUrl}/_simulator${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { id } = (await response.json()) as { readonly id?: string };
  if (id === undefined) throw new Error(`${path}: the simulator answered ${response.status}`);
  return id;
}
