// The process: everything opened in order, everything closed in reverse, one line for whatever stands in the way.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { assembleBilling, assembleDeps, type Billing, THIN_EVENT_TYPES } from './billing.ts';
import { type Config, readConfig } from './config.ts';
import { VERSION } from './contract/version.ts';
import { scheduledJobs } from './jobs/schedule.ts';
import { createTimetable } from './jobs/timetable.ts';
import { createLog, type Logger } from './log.ts';
import type { Deps } from './operations/deps.ts';
import { fillEventGap } from './operations/fill-event-gap.ts';
import { registerThinWebhook, registerWebhook } from './operations/register-webhook.ts';
import { ratesOf, sharedLine } from './operations/shared-line.ts';
import { stampDeployment } from './operations/stamp-deployment.ts';
import { addressLines, headline } from './sandbox/banner.ts';
import { openDatabasePart, openStripePart, type StripePart } from './sandbox/embedded-parts.ts';
import { openHttpServer } from './sandbox/http-server.ts';
import { ensureLocalKey } from './sandbox/local-key.ts';
import { pepperOf, writeLocalSecrets } from './sandbox/local-secrets.ts';
import { serveMetrics } from './sandbox/metrics-server.ts';
import { pushCatalogueFile } from './sandbox/push-catalogue-file.ts';
import { seedSampleData } from './sandbox/sample-data.ts';
import { createSandboxClock, type SandboxClock } from './sandbox/sandbox-clock.ts';
import { printSignInLinks, type SignInLink } from './sandbox/sign-in-links.ts';
import { openDatabase } from './storage/database.ts';
import { migrate } from './storage/migrate.ts';
import { connectStripe } from './stripe/gateway.ts';
import { createMetrics } from './telemetry/metrics.ts';

export { openWays } from './delivery/channels.ts';
export { VERSION };

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Says, line by line, what stands. */
  readonly say: (line: string) => void;
  /** A sandbox that lives at another time from its first start on. */
  readonly startAt?: Date;
  readonly sampleData?: boolean;
}

export interface RunningServer {
  readonly origin: string;
  /** Only in a sandbox. */
  readonly apiKey: string | null;
  /** That sign people in to the console of a sandbox, once each. */
  readonly links: readonly SignInLink[];
  /** Moves time alone; over HTTP the nights on the way are worked off, too. */
  readonly clock: SandboxClock | null;
  readonly stripe: StripePart;
  readonly billing: Billing;
  readonly stop: () => Promise<void>;
}

const FINISH_WITHIN_MS = 10_000;

/** Starts everything that the settings ask for. What was opened is closed again when a later part refuses. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closers: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  const stop = async (): Promise<void> => (stopping ??= closeAll());
  try {
    return { ...(await openParts(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openParts(
  options: ServerOptions,
  closers: (() => Promise<void>)[],
): Promise<Omit<RunningServer, 'stop'>> {
  const { config, log, say } = options;
  const http = await openHttpServer(config);
  const stopListening = async (): Promise<void> => http.stop(FINISH_WITHIN_MS);
  closers.push(stopListening);
  const database = await openDatabasePart(config);
  closers.push(database.stop);
  // A second simulator would write to the same journal, and tell the first one's commands another address.
  if (database.borrowed && config.stripe.secretKey === undefined) {
    throw new Error(
      `a sandbox runs in ${config.directory} already; stop it, or start another one elsewhere: CREDITPOOL_DIR=${config.directory}-2`,
    );
  }
  say(`✔ database   ${database.shown}`);
  const stripe = await openStripePart(config);
  closers.push(stripe.stop);
  say(`✔ stripe     ${stripe.shown}`);
  const applied = await migrate({ connectionString: database.connectionString });
  say(`✔ migrations ${applied.length === 0 ? 'up to date' : `${applied.length} applied`}`);
  const db = openDatabase({ connectionString: database.connectionString, poolSize: config.databasePoolSize });
  closers.push(async () => db.destroy());
  const line = sharedLine(db, ratesOf(config.stripe));
  const metrics = createMetrics({ process: true });
  const { observer } = metrics;
  const deps = assembleDeps({ ...config, db, stripe: connectStripe({ ...stripe.connection, line, observer }), log });
  await stamp(deps, config);

  const pepper = pepperOf(config);
  const webhookUrl = `${http.origin}/v1/webhooks/stripe`;
  const { simulator } = stripe;
  let clock: SandboxClock | null = null;
  let movedByPeople: SandboxClock | null = null;
  let starting: string | null = 'starting';
  const billing = assembleBilling(deps, {
    livemode: config.stripe.mode === 'live',
    pepper,
    webhookSecrets:
      simulator === null
        ? config.stripe.webhookSecrets
        : [await registerWebhook(deps, webhookUrl), await registerThinWebhook(deps, webhookUrl, THIN_EVENT_TYPES)],
    publicUrl: config.publicUrl,
    nightlyCron: config.nightlyCron,
    mail: { ...config.mail, folder: simulator === null ? null : join(config.directory, 'mail') },
    sandbox: simulator === null ? null : { advanceClock: async (to) => need(movedByPeople).advance(to) },
    notReady: () => (closers.length === 0 ? 'stopping' : starting),
    signIn: config.signIn,
    metrics,
    widgetOrigins: config.widgetOrigins,
  });
  closers.push(billing.close, await serveMetrics(config, billing));
  http.serve(billing.listener);
  closers.push(stopListening);
  let apiKey: string | null = null;
  if (simulator !== null) {
    const parts = { deps, simulator, works: billing.jobs.works, jobs: billing.jobs };
    clock = createSandboxClock(parts);
    const timetable = createTimetable(deps, scheduledJobs(config.nightlyCron));
    movedByPeople = createSandboxClock({ ...parts, timetable });
    apiKey = await ensureLocalKey(deps, config.directory, pepper);
    writeAddresses(config, http.origin, simulator.url, database.connectionString);
    await openSandbox(options, deps, billing, clock);
  }
  const links = simulator === null ? [] : await printSignInLinks(deps, http.origin);
  if (config.jobs) billing.jobs.start();
  starting = null;
  return { origin: http.origin, apiKey, links, clock, stripe, billing };
}

/** Where a host's own program finds the parts of this sandbox. */
function writeAddresses({ directory }: Config, service: string, simulator: string, database: string): void {
  writeLocalSecrets(directory, {
    CREDITPOOL_URL: service,
    STRIPE_SIMULATOR_URL: simulator,
    SANDBOX_DATABASE_URL: database,
  });
}

/** The catalogue, what happened while we were away, and at the first start something to look at. */
async function openSandbox(
  { config, say, startAt, sampleData = false }: ServerOptions,
  deps: Deps,
  billing: Billing,
  clock: SandboxClock,
): Promise<void> {
  if (startAt !== undefined) await clock.beginAt(startAt);
  await fillEventGap(deps);
  const catalogue = await pushCatalogueFile(deps, config.cataloguePath);
  say(
    `✔ catalogue  ${counted(catalogue.plans.length, 'plan')}, ${counted(catalogue.packs.length, 'pack')}   SANDBOX prices`,
  );
  if (sampleData) say(`✔ sample     ${await seedSampleData({ deps, billing, catalogue, clock })}`);
  // What is still being delivered is no gap yet: the first job that looks for one must find everything delivered.
  await clock.settle();
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function stamp(deps: Deps, config: Config): Promise<void> {
  const { mode } = config.stripe;
  const stamped = await stampDeployment(deps, { livemode: mode === 'live', sandbox: mode === 'sandbox' });
  if ('rejected' in stamped) throw new Error(stamped.rejected.message);
}

function need(clock: SandboxClock | null): SandboxClock {
  if (clock === null) throw new Error('the sandbox has no clock yet');
  return clock;
}

/** `npm start`: says where everything is, and stays until it is told to stop. */
export async function runServer(say: (line: string) => void): Promise<void> {
  const config = readConfig();
  // A sandbox is watched by a person: a line for every request would bury what matters.
  const level = config.stripe.mode === 'sandbox' && config.logLevel === 'info' ? 'warn' : config.logLevel;
  const log = createLog({ level, to: 'stderr' });
  say(headline(VERSION, config));
  const service = await startServer({ config, log, say, sampleData: true });
  for (const line of addressLines(config, service)) say(line);
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  await promise;
  say('stopping …');
  await service.stop();
}

/** One line with the cause and the fix, and exit code 1. */
export async function runUntilStopped(): Promise<void> {
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  try {
    await runServer(say);
  } catch (error) {
    process.stderr.write(`✘ ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(realpathSync(entry)).href) await runUntilStopped();
