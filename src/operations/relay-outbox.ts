import { leaseMessages, type LeasedMessage, type OutboxScope, returnMessage } from '../storage/outbox-lease.ts';
import type { Deps } from './deps.ts';
import { type MessageOutcome, sendMessage } from './send-message.ts';

export interface RelayOutbox {
  /** Messages at most. */
  readonly limit: number;
  readonly only?: OutboxScope;
}

export interface Relayed {
  readonly sent: number;
  readonly refused: number;
  readonly parked: number;
  /** Will be tried again by themselves. */
  readonly waiting: number;
  readonly cancelled: number;
  /** The limit was reached: call again. */
  readonly hasMore: boolean;
}

/** Customers that are served at the same time; of one (customer, queue) one message is in flight. */
const PARALLEL_MAX = 8;
/** Longer than one call may take, its look-up included. */
const LEASE_SECONDS = 90;
const BUG_PAUSE_SECONDS = 30;
const BUGS_MAX = 5;

/** Sends what waits in the outbox, each queue of each customer in its order, until nothing more is due. */
export async function relayOutbox(deps: Deps, { limit, only }: RelayOutbox): Promise<Relayed> {
  const counts = { sent: 0, refused: 0, parked: 0, waiting: 0, cancelled: 0, 'lease lost': 0 };
  const inFlight = new Map<bigint, Promise<void>>();
  let taken = 0;
  for (;;) {
    const room = Math.min(PARALLEL_MAX - inFlight.size, limit - taken);
    const messages = await lease(deps, room, only);
    taken += messages.length;
    for (const message of messages) {
      inFlight.set(
        message.outboxId,
        (async () => {
          counts[await attempt(deps, message)] += 1;
          inFlight.delete(message.outboxId);
        })(),
      );
    }
    if (inFlight.size === 0) break;
    if (messages.length < room || room === 0) await Promise.race(inFlight.values());
  }
  const { 'lease lost': _lost, ...relayed } = counts;
  return { ...relayed, hasMore: taken >= limit };
}

async function lease(deps: Deps, limit: number, only: OutboxScope | undefined): Promise<readonly LeasedMessage[]> {
  if (limit <= 0) return [];
  return leaseMessages(deps.db, { limit, leaseSeconds: LEASE_SECONDS, ...(only !== undefined && { only }) });
}

/** A bug with one message holds up its own queue, not the others. */
async function attempt(deps: Deps, message: LeasedMessage): Promise<MessageOutcome> {
  try {
    return await sendMessage(deps, message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error(
      { err: error, outboxId: message.outboxId.toString(), call: message.call },
      'sending a message failed',
    );
    // It may have been sent; when it was not, the look will find nothing.
    const state = message.attempts < BUGS_MAX ? 'unknown' : 'parked';
    await returnMessage(deps.db, message, { state, outcome: reason, afterSeconds: BUG_PAUSE_SECONDS });
    return state === 'parked' ? 'parked' : 'waiting';
  }
}
