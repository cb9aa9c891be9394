// Webhooks come in bursts, and a commit each would be the slowest part of answering them: what arrives while events are
// being stored is stored together, right after.
import type { StripeEvent } from '../domain/stripe-event.ts';
import type { Database } from '../storage/database.ts';
import { storeStripeEvents } from '../storage/stripe-events.ts';

interface Arrival {
  readonly event: StripeEvent;
  readonly stored: PromiseWithResolvers<boolean>;
}

const MANY = 100;
const waitingOn = new WeakMap<Database, Arrival[]>();

/** Stores a delivered event unless it is known; resolves after its commit, true when it was new. */
export async function storeArrival(db: Database, event: StripeEvent): Promise<boolean> {
  const arrival = { event, stored: Promise.withResolvers<boolean>() };
  const waiting = waitingOn.get(db);
  if (waiting === undefined) {
    const queue = [arrival];
    waitingOn.set(db, queue);
    void storeAll(db, queue);
  } else {
    waiting.push(arrival);
  }
  return arrival.stored.promise;
}

/** Whether deliveries are being stored here at this moment. */
export function isArriving(db: Database): boolean {
  return waitingOn.has(db);
}

async function storeAll(db: Database, queue: Arrival[]): Promise<void> {
  while (queue.length > 0) {
    await storeTogether(db, queue.splice(0, MANY));
    // Whoever was just answered may have brought the next one.
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
  }
  waitingOn.delete(db);
}

/** One that cannot be stored must not fail its neighbours. */
async function storeTogether(db: Database, arrivals: readonly Arrival[]): Promise<void> {
  try {
    const isNew = new Set(
      await storeStripeEvents(
        db,
        arrivals.map(({ event }) => event),
        'webhook',
      ),
    );
    // Of one event that came twice at once the first is the new one.
    for (const { event, stored } of arrivals) stored.resolve(isNew.delete(event.eventId));
  } catch (error) {
    const [only] = arrivals;
    if (arrivals.length === 1) only?.stored.reject(error);
    else for (const arrival of arrivals) await storeTogether(db, [arrival]);
  }
}
