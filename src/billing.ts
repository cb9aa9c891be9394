// The composition root: settings become the parts, and the parts one mountable product. No work on import, no globals.
import type { RequestListener } from 'node:http';

import type { RequestHandler } from 'express';

import { inboxRegistry, webhookRegistry } from '../webhooks/index.ts';
import { meterHandlers } from '../webhooks/meters.ts';
import type { SignInSettings } from './admin/sign-in/settings.ts';
import { toWireId } from './contract/ids.ts';
import { openWays } from './delivery/channels.ts';
import type { MailSettings } from './delivery/mail.ts';
import { doorsTo } from './doors.ts';
import { callHooks } from './host/call-hooks.ts';
import { createGate } from './host/gate.ts';
import { type HostSettings, openHost, type PaidRoutes } from './host/open-host.ts';
import { type Operations, operationsOn } from './host/operations.ts';
import type { HttpContext } from './http/context.ts';
import { startBackground, type Background } from './jobs/background.ts';
import type { Work } from './jobs/due-work.ts';
import { backgroundWork } from './jobs/works.ts';
import type { Channels } from './operations/deliver-alerts.ts';
import type { Deps, Log } from './operations/deps.ts';
import { startExecutor, type Executor } from './operations/executor.ts';
import { newUuid } from './operations/new-id.ts';
import { readFigures } from './operations/read-figures.ts';
import { ratesOf, sharedLine } from './operations/shared-line.ts';
import { openDatabase, openSharedDatabase, type Database } from './storage/database.ts';
import type { HostPool } from './storage/shared-pool.ts';
import { connectStripe, openStripeAgent, type StripeConnection, type StripeGateway } from './stripe/gateway.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

export type { Operations } from './host/operations.ts';
export { apiDocument } from './http/openapi.ts';

/** What Stripe tells only thinly. */
export const THIN_EVENT_TYPES: readonly string[] = Object.keys(meterHandlers);

/** Stripe's event types that an endpoint must send, each by one payload; doctor compares the endpoints with them. */
export const STRIPE_EVENT_TYPES: readonly string[] = [...Object.keys(webhookRegistry), ...THIN_EVENT_TYPES];

/** Connections of its own, or those that the host's pool lends. */
export type DatabaseOfHost =
  | { readonly databaseUrl: string; readonly pool?: undefined }
  | { readonly pool: HostPool; readonly databaseUrl?: undefined };

export type BillingSettings = DatabaseOfHost & OtherSettings;

interface OtherSettings extends HostSettings {
  /** Connections at most; default 10, or half of what the host's pool has. */
  readonly databasePoolSize?: number;
  readonly stripe: StripeConnection;
  /** Calls to Stripe a second, all replicas together; what suits the mode where nothing is said. */
  readonly stripeRates?: { readonly callsPerSecond?: number; readonly meterCallsPerSecond?: number };
  readonly webhookSecrets: readonly string[];
  /** Keys the HMAC of API keys; the same on every replica. */
  readonly apiKeyPepper: string;
  readonly publicUrl: string;
  readonly log: Log;
  readonly cutOffMinutes?: number;
  readonly meterWindowMinutes?: number;
  readonly meterEvents?: 'v1' | 'stream';
  /** In UTC; default 03:00. */
  readonly nightlyCron?: string;
  /** How people prove who they are in the console at `/admin`; default: nobody is let in. */
  readonly signIn?: SignInSettings;
  /** Origins whose pages may frame the widget's page, `https://app.example.com`; default: only our own. */
  readonly widgetOrigins?: readonly string[];
}

/** What a host mounts and calls; `close()` undoes everything. */
export interface Billing {
  /** Mount it before any global body parser: `app.use('/billing', billing.router)`. */
  readonly router: RequestHandler;
  /** The same as a server of its own: `createServer(billing.listener)`. */
  readonly listener: RequestListener;
  readonly deps: Deps;
  readonly executor: Executor;
  readonly operations: Operations;
  readonly jobs: {
    readonly start: () => void;
    readonly running: () => boolean;
    readonly stop: () => Promise<void>;
    readonly works: readonly Work[];
  };
  /** What Prometheus scrapes; the host decides where, and that it is not public. */
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
  /** `app.post('/reports', billing.requireCredits('report.generate'), makeReport)`. */
  readonly requireCredits: PaidRoutes['requireCredits'];
  /** Uses that wait in the spool for the database. */
  readonly spooled: PaidRoutes['spooled'];
  readonly close: () => Promise<void>;
}

/** Opens the parts that settings describe and puts them together; nothing connects before the first use. */
export function createBilling(settings: BillingSettings): Billing {
  const db = databaseOf(settings);
  const mode = /_live_/.test(settings.stripe.secretKey) ? 'live' : 'test';
  const line = sharedLine(db, ratesOf({ mode, ...settings.stripeRates }));
  const metrics = createMetrics();
  const { observer } = metrics;
  const agent = openStripeAgent(settings.stripe);
  const deps = assembleDeps({ ...settings, db, stripe: connectStripe({ line, observer, agent, ...settings.stripe }) });
  const billing = assembleBilling(deps, {
    metrics,
    livemode: /_live_/.test(settings.stripe.secretKey),
    pepper: settings.apiKeyPepper,
    webhookSecrets: settings.webhookSecrets,
    publicUrl: settings.publicUrl,
    nightlyCron: settings.nightlyCron ?? '0 3 * * *',
    host: settings,
    ...(settings.signIn !== undefined && { signIn: settings.signIn }),
    ...(settings.widgetOrigins !== undefined && { widgetOrigins: settings.widgetOrigins }),
  });
  return {
    ...billing,
    close: async () => {
      await billing.close();
      await db.destroy();
      agent.destroy();
    },
  };
}

function databaseOf({ pool, databaseUrl, databasePoolSize }: DatabaseOfHost & { databasePoolSize?: number }): Database {
  if (pool === undefined) return openDatabase({ connectionString: databaseUrl, poolSize: databasePoolSize ?? 10 });
  const half = Math.floor((pool.options?.max ?? 10) / 2);
  return openSharedDatabase(pool, { poolSize: databasePoolSize ?? Math.max(1, half) });
}

export interface DepsParts {
  readonly db: Database;
  readonly stripe: StripeGateway;
  readonly log: Log;
  readonly cutOffMinutes?: number;
  readonly meterWindowMinutes?: number;
  readonly meterEvents?: 'v1' | 'stream';
}

export function assembleDeps({
  db,
  stripe,
  log,
  cutOffMinutes = 45,
  meterWindowMinutes = 60,
  meterEvents = 'v1',
}: DepsParts): Deps {
  return {
    db,
    stripe,
    log,
    newId: () => newUuid(Date.now()),
    settings: { cutOffMinutes, meterWindowMinutes, meterEvents },
  };
}

export interface AssemblySettings {
  readonly host?: HostSettings;
  readonly livemode: boolean;
  readonly pepper: string;
  readonly webhookSecrets: readonly string[];
  readonly publicUrl: string;
  readonly nightlyCron: string;
  /** How mail to owners leaves; without it, none does. */
  readonly mail?: MailSettings;
  readonly sandbox?: HttpContext['sandbox'];
  readonly notReady?: HttpContext['notReady'];
  readonly signIn?: SignInSettings;
  /** Default: metrics of its own, that hear nothing of Stripe. */
  readonly metrics?: Metrics;
  /** Origins whose pages may frame the widget's page; default: only our own. */
  readonly widgetOrigins?: readonly string[];
}

function openChannels({ livemode, pepper, mail, sandbox = null, publicUrl }: AssemblySettings): Channels {
  const isSandbox = sandbox !== null;
  const mode = livemode ? '' : 'STRIPE TEST MODE';
  return {
    ...openWays({
      isSandbox,
      pepper,
      mail: mail ?? { smtpUrl: undefined, from: 'creditpool@localhost', folder: null },
    }),
    wireId: toWireId,
    consoleUrl: `${publicUrl}/admin`,
    livemode,
    mode: isSandbox ? 'SANDBOX' : mode,
    wallTime: () => new Date(),
  };
}

/** How long `close()` waits for requests under way. */
const LEAVE_WITHIN_MS = 8_000;

/** Puts given parts together; whoever opened the database closes it. */
export function assembleBilling(deps: Deps, settings: AssemblySettings): Billing {
  const executor = startExecutor(deps);
  const realTime = { deps, executor };
  const channels = openChannels(settings);
  const { metrics = createMetrics() } = settings;
  const { observer } = metrics;
  let background: Background | null = null;
  const context: HttpContext = {
    ...realTime,
    channels,
    observer,
    livemode: settings.livemode,
    pepper: settings.pepper,
    webhookSecrets: settings.webhookSecrets,
    docsUrl: `${settings.publicUrl}/docs/errors`,
    widgetOrigins: settings.widgetOrigins ?? [],
    wake: (loop) => background?.wake(loop),
    sandbox: settings.sandbox ?? null,
    notReady: settings.notReady ?? (() => null),
  };
  const stop = async (): Promise<void> => {
    await background?.stop();
    background = null;
  };
  const hooks = settings.host?.hooks === undefined ? null : callHooks(settings.host.hooks);
  const works = backgroundWork(realTime, inboxRegistry, channels, hooks);
  const operations = operationsOn(realTime);
  const gate = createGate();
  const host = openHost(context, { operations, gate }, settings.host ?? {});
  return {
    ...doorsTo(context, settings, gate),
    requireCredits: host.requireCredits,
    spooled: host.spooled,
    deps,
    executor,
    operations,
    jobs: {
      start: () => {
        background ??= startBackground(realTime, { works, nightlyCron: settings.nightlyCron, observer });
      },
      running: () => background !== null,
      stop,
      works,
    },
    metrics: {
      contentType: metrics.contentType,
      text: async () => metrics.expose(await readFigures(deps)),
    },
    close: async () => {
      await gate.close(LEAVE_WITHIN_MS);
      await stop();
      await host.close();
      await executor.close();
    },
  };
}
