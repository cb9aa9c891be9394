import { createClocks } from './clocks.ts';
import { createControl } from './control.ts';
import { createDeliveries } from './delivery.ts';
import { startWindow } from './drafts.ts';
import { presentEvent } from './events.ts';
import { createFaults, type Faults } from './faults.ts';
import { startPassage } from './passage.ts';
import { ROUTES, TASKS } from './registry.ts';
import { createRequestRunner } from './requests.ts';
import { createRouter } from './routes.ts';
import { answerRequests, listen, type LoggedRequest } from './server.ts';
import { openStore } from './store.ts';
import { defaultSwitches, type Switches } from './switches.ts';
import { notificationOf } from './v2-events.ts';
import { streamToken } from './v2-meter-events.ts';
import { wireWatcher } from './wire-watch.ts';
import type { World } from './world.ts';

export interface SimulatorOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** The address that listens, such as 0.0.0.0 for all; default 127.0.0.1. Whoever reaches it controls it. */
  readonly address?: string;
  readonly secretKey?: string;
  readonly accountId?: string;
  /** Journal file: every change is appended before its answer leaves and replayed on start. */
  readonly file?: string;
  readonly switches?: Partial<Switches>;
}

export interface Simulator {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly secretKey: string;
  readonly accountId: string;
  readonly faults: Faults;
  readonly switches: Switches;
  /** Simulated time, of a test clock or the simulator's own. */
  readonly now: (testClock?: string) => Date;
  /** Moves the simulator's own clock; until then it follows the wall. */
  readonly advanceTo: (instant: Date) => Promise<void>;
  /** All due webhook attempts made, all meter events processed, no clock advancing. */
  readonly settled: () => Promise<void>;
  /** Tries every webhook that waits for a later try again, now. */
  readonly retryWebhooks: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** An endpoint took the news of a new draft: when all have, its window starts. */
function onAcknowledged(world: World, eventId: string): void {
  const event = world.store.find('events', eventId);
  if (event?.type !== 'invoice.created' || presentEvent(world, event).pending_webhooks > 0) return;
  const id = 'id' in event.data.object ? event.data.object.id : undefined;
  const invoice = typeof id === 'string' ? world.store.find('invoices', id) : undefined;
  if (invoice !== undefined) startWindow(world, invoice);
}

function eventBody(world: World, id: string): string {
  const event = world.store.find('events', id);
  if (event !== undefined) return JSON.stringify(presentEvent(world, event), null, 2);
  const thin = world.store.find('thin_events', id);
  return thin === undefined ? '' : JSON.stringify(notificationOf(thin));
}

/** Addresses that are all of a machine's: from the machine itself it is reached at the loopback one. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const DAY = 86_400;

/** Forgets what Stripe no longer knows: answers after a day, delivered events after thirty. */
function forgetOld(world: World): void {
  const { store } = world;
  const now = world.now();
  store.transact(() => {
    for (const { id, created } of store.all('answers')) if (created < now - DAY) store.remove('answers', id);
    for (const { id, created } of store.all('events')) {
      const deliveries = store.by('deliveries', 'event', id);
      const waits = deliveries.some(({ queue }) => queue !== null);
      if (waits || created > now - 31 * DAY || world.switches.eventStamps === 'test_clock') continue;
      for (const delivery of deliveries) store.remove('deliveries', delivery.id);
      store.remove('events', id);
    }
  });
}

/** Starts a simulator of the Stripe API in this process. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const secretKey = options.secretKey ?? 'sk_test_simulator';
  // The port first: a second simulator must not touch the journal of a running one.
  const address = options.address ?? '127.0.0.1';
  const { server, port } = await listen(options.port ?? 0, address);
  const host = EVERYWHERE.has(address) ? '127.0.0.1' : address;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const store = openStore(options.file);
  const clocks = createClocks(store);
  const world: World = {
    store,
    switches: defaultSwitches(options.switches),
    faults: createFaults(),
    accountId: options.accountId ?? 'acct_simulator',
    origin: url,
    now: clocks.now,
    cause: { id: null, idempotency_key: null },
  };
  const deliveries = createDeliveries({
    world,
    bodyOf: (event) => eventBody(world, event),
    onAcknowledged: (event) => {
      onAcknowledged(world, event);
    },
  });
  forgetOld(world);
  wireWatcher()?.starts?.({ all: store.all, onCommit: store.onCommit, switches: world.switches, now: clocks.now });
  const passage = startPassage({ world, clocks, handlers: TASKS, deliveries });
  const requests: LoggedRequest[] = [];
  const control = createControl({ world, requests, hastenDeliveries: deliveries.hasten, ...passage });
  const runner = createRequestRunner(world, createRouter(ROUTES));
  answerRequests(server, {
    world,
    grants: (key, path) => (key === secretKey ? 'live' : streamToken(world, key, path)),
    runner,
    control,
    requests,
  });
  return {
    host,
    port,
    url,
    secretKey,
    accountId: world.accountId,
    faults: world.faults,
    switches: world.switches,
    now: (testClock) => new Date(clocks.now(testClock) * 1000),
    advanceTo: passage.advanceTo,
    settled: passage.settled,
    retryWebhooks: async () => {
      deliveries.hasten();
      await passage.settled();
    },
    close: async () => {
      passage.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await deliveries.close();
      store.close();
    },
  };
}
