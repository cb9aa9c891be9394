import { leaseMessages, type LeasedMessage, type OutboxScope, returnMessage } from '../storage/outbox-lease.ts';
import { readRest } from '../storage/stripe-line.ts';
import { STREAMED_MAX } from '../stripe/meter-stream.ts';
import type { Deps } from './deps.ts';
import { type MessageOutcome, sendMessage } from './send-message.ts';
import { isStreamable, streamUsage } from './stream-usage.ts';

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
const LEASED_MAX = 32;
/** Longer than a leased message waits for its turn and one call takes, look-up included. */
const LEASE_SECONDS = 120;
const BUG_PAUSE_SECONDS = 30;
const BUGS_MAX = 5;

/** Sends what waits in the outbox, each queue of each customer in its order, until nothing more is due. */
export async function relayOutbox(deps: Deps, { limit, only }: RelayOutbox): Promise<Relayed> {
  const counts = { sent: 0, refused: 0, parked: 0, waiting: 0, cancelled: 0, 'lease lost': 0 };
  let left = limit;
  const lease = async (most: number, scope: OutboxScope | undefined): Promise<readonly LeasedMessage[]> => {
    const room = Math.min(most, left);
    if (room === 0) return [];
    // Taken before the question, so that parallel ones never ask for more than there is room for.
    left -= room;
    const messages = await leaseMessages(deps.db, {
      limit: room,
      leaseSeconds: LEASE_SECONDS,
      ...(scope !== undefined && { only: scope }),
    });
    left += room - messages.length;
    return messages;
  };
  for (;;) {
    const { since, leftMs } = await readRest(deps.db);
    if (leftMs > 0) break;
    // While nobody knows whether Stripe is back, one message finds out.
    const most = deps.settings.meterEvents === 'stream' ? STREAMED_MAX : LEASED_MAX;
    const leased = await lease(since === null ? most : 1, only);
    if (leased.length === 0) break;
    const heads = await streamFirst(deps, leased, counts);
    const serve = async (): Promise<void> => {
      for (let message = heads.pop(); message !== undefined; message = heads.pop()) {
        await follow(deps, message, { counts, lease });
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, heads.length) }, serve));
  }
  const { 'lease lost': _lost, ...relayed } = counts;
  return { ...relayed, hasMore: left === 0 };
}

/** Streams the reports of usage among the heads of the queues where that is set up; returns what is to be sent singly. */
async function streamFirst(
  deps: Deps,
  leased: readonly LeasedMessage[],
  counts: Record<MessageOutcome, number>,
): Promise<LeasedMessage[]> {
  const streamed = deps.settings.meterEvents === 'stream' ? leased.filter(isStreamable) : [];
  if (streamed.length > 0) {
    for (const outcome of await streamUsage(deps, streamed)) counts[outcome] += 1;
  }
  return leased.filter((message) => !streamed.includes(message));
}

interface Round {
  readonly counts: Record<MessageOutcome, number>;
  readonly lease: (most: number, scope: OutboxScope) => Promise<readonly LeasedMessage[]>;
}

const FOLLOWED_MAX = 50;

/** Sends a message and then those behind it in its queue, for a while: then others have their turn. */
async function follow(deps: Deps, first: LeasedMessage, { counts, lease }: Round): Promise<void> {
  const { lane, customerId, queue } = first;
  let message: LeasedMessage | undefined = first;
  for (let followed = 0; message !== undefined && followed < FOLLOWED_MAX; followed += 1) {
    const outcome: MessageOutcome = await attempt(deps, message);
    counts[outcome] += 1;
    if (outcome === 'waiting' || outcome === 'parked' || followed === FOLLOWED_MAX - 1) return;
    [message] = await lease(1, { lane, customerId, queue });
  }
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
