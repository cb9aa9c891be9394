import type { CollectionName, Collections } from './collections.ts';
import { deliver } from './deliver.ts';
import { noSuch } from './errors.ts';
import type { Faults } from './faults.ts';
import { freshId } from './ids.ts';
import { rendered } from './render.ts';
import type { Store } from './store.ts';
import type { Switches } from './switches.ts';
import { recordThinTwin } from './thin-recording.ts';
import { API_VERSION, type EventType, type SnapshotEvent } from './wire.ts';

/** Who caused what happens now; the engine has neither. */
export interface Cause {
  readonly id: string | null;
  readonly idempotency_key: string | null;
}

/** What every handler works on. All of it is synchronous: a request or a due task happens whole. */
export interface World {
  readonly store: Store;
  readonly switches: Switches;
  readonly faults: Faults;
  readonly accountId: string;
  /** Where this simulator is reached. */
  readonly origin: string;
  /** Seconds of a test clock, or of the simulator's own clock. */
  readonly now: (testClock?: string | null) => number;
  cause: Cause;
}

export const OWN_CLOCK = 'own';

/** The object with this id, or Stripe's refusal. */
export function need<K extends CollectionName>(
  world: World,
  kind: K,
  id: string,
  noun: string,
  param = 'id',
): Collections[K] {
  const found = world.store.find(kind, id);
  if (found === undefined) throw noSuch(noun, id, param);
  return found;
}

/** Puts an event on record and, per endpoint that wants it, a delivery. Returns the event's id. */
export function emit(world: World, type: EventType, object: object, previous?: object): string {
  const clock = testClockOf(object);
  const stamp = world.switches.eventStamps === 'test_clock' ? clock : null;
  const snapshots = world.store
    .all('event_destinations')
    .filter(({ event_payload: payload }) => payload === 'snapshot');
  const endpoints = [...world.store.all('webhook_endpoints'), ...snapshots].filter(
    ({ status, enabled_events: wanted }) => status === 'enabled' && (wanted.includes('*') || wanted.includes(type)),
  );
  const event: SnapshotEvent = {
    id: freshId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: world.now(stamp),
    data: { object: rendered(object), ...(previous === undefined ? {} : { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: endpoints.length,
    request: world.cause,
    type,
  };
  world.store.put('events', event);
  for (const { id } of endpoints) deliver(world, event.id, id);
  recordThinTwin(world, event);
  return event.id;
}

function testClockOf(object: object): string | null {
  return 'test_clock' in object && typeof object.test_clock === 'string' ? object.test_clock : null;
}

/** Changes an object and says so in an event that carries what was there before. */
export function change<K extends CollectionName>(
  world: World,
  kind: K,
  id: string,
  changes: Partial<Collections[K]>,
  type: EventType,
): Collections[K] {
  const before = world.store.find(kind, id);
  const after = world.store.patch(kind, id, changes);
  const previous = differences(before ?? {}, after);
  if (Object.keys(previous).length > 0) emit(world, type, after, previous);
  return after;
}

function differences(before: object, after: object): object {
  const now = new Map(Object.entries(after));
  const changed = Object.entries(before).filter(([key, was]) => JSON.stringify(was) !== JSON.stringify(now.get(key)));
  const added = Array.from(now.keys(), (key): [string, unknown] => [key, null]).filter(([key]) => !(key in before));
  return Object.fromEntries([...changed, ...added]);
}

/** Plans work for an instant of a clock, in place of earlier work of the same kind on the same object. */
export function schedule(world: World, kind: string, object: string, clock: string | null, due: number): void {
  world.store.put('tasks', { id: `${kind}:${object}`, kind, object, clock: clock ?? OWN_CLOCK, due });
}

export function unschedule(world: World, kind: string, object: string): void {
  world.store.remove('tasks', `${kind}:${object}`);
}

/** The test clock a customer lives on, or null. */
export function clockOf(world: World, customerId: string | null): string | null {
  if (customerId === null) return null;
  return world.store.find('customers', customerId)?.test_clock ?? null;
}

/** Seconds on the clock a customer lives on. */
export function nowOf(world: World, customerId: string | null): number {
  return world.now(clockOf(world, customerId));
}

/** Seconds for payment objects, which under a test clock keep real time. */
export function paymentStamp(world: World, customerId: string | null): number {
  return world.switches.paymentStamps === 'real' ? world.now() : nowOf(world, customerId);
}
