// Credits for a path too hot for a call each: a block is held, spent in this process, captured as it goes, and what is left returns.
//
// What can be lost. Each spend is in the journal before it is answered, so a process that is killed loses none: the next one with the
// same journal captures what was spent. A machine that is lost with its journal loses what was spent since the last capture, at most
// `everyMs` of spending and never more than the blocks it held; the customer is not charged for it, and the holds lapse by themselves.
// Never is more spent than was held.
import type { AnswerOf } from '../contract/operations.ts';
import type { Creditpool } from './client.ts';
import { toCredits, toMicro } from './credits.ts';
import { type Journal, memoryJournal } from './journal.ts';
import { type Block, blocksIn, type LeaseRow } from './lease-blocks.ts';
import { CreditpoolError } from './refusal.ts';

export interface LeaseSettings {
  readonly credits: Pick<Creditpool, 'placeHold' | 'captureHold' | 'releaseHold'>;
  readonly customer: string;
  readonly action: string;
  readonly member?: string;
  /** Credits of one block: what a lost machine can lose at most, twice while a block is being replaced. */
  readonly block: string;
  /** Its own file for each process; without one, a killed process loses what it had not captured. */
  readonly journal?: Journal;
  /** How often what was spent is captured; default 5 000. */
  readonly everyMs?: number;
  /** How long a block is held; default 3 600. */
  readonly ttl_seconds?: number;
  /** No block could be had, or a capture failed; it is tried again. */
  readonly onTrouble?: (error: CreditpoolError) => void;
}

export interface Lease {
  /** Takes credits from the block, without waiting; false: not enough is held, or what is held ends soon. */
  readonly spend: (credits: string) => boolean;
  /** Credits that can be spent now. */
  readonly left: () => string;
  /** Captures what was spent, and takes another block when this one runs low. */
  readonly settle: () => Promise<void>;
  /** Captures what was spent and gives the rest back. */
  readonly close: () => Promise<void>;
}

/** A block is not spent from in its last moments, whatever the clocks say. */
const MARGIN_MS = 30_000;

/** Settles what an earlier process left, and holds the first block. Throws `insufficient_credits` when there is none. */
export async function openLease(settings: LeaseSettings): Promise<Lease> {
  const journal = settings.journal ?? memoryJournal();
  const lease = new LeaseBook(settings, journal);
  await lease.settleLeft();
  await lease.takeBlock();
  lease.start();
  return {
    spend: (credits) => lease.spend(toMicro(credits)),
    left: () => toCredits(lease.left()),
    settle: async () => lease.settle(),
    close: async () => lease.close(),
  };
}

class LeaseBook {
  readonly #settings: LeaseSettings;
  readonly #journal: Journal;
  readonly #block: bigint;
  #blocks: Block[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(settings: LeaseSettings, journal: Journal) {
    this.#settings = settings;
    this.#journal = journal;
    this.#block = toMicro(settings.block);
    this.#blocks = blocksIn(journal.rows() as readonly LeaseRow[]);
  }

  spend(micro: bigint): boolean {
    if (this.#isClosed) return false;
    const block = this.#blocks.find((one) => one.size - one.spent >= micro && this.#isGood(one));
    if (block === undefined) {
      void this.#attempt(async () => this.#settleAll());
      return false;
    }
    this.#journal.append({ spent: block.id, micro: String(micro) });
    block.spent += micro;
    return true;
  }

  left(): bigint {
    return this.#blocks.filter((one) => this.#isGood(one)).reduce((sum, { size, spent }) => sum + size - spent, 0n);
  }

  start(): void {
    this.#timer = setInterval(() => void this.#attempt(async () => this.#settleAll()), this.#settings.everyMs ?? 5_000);
    this.#timer.unref?.();
  }

  async settle(): Promise<void> {
    this.#working = this.#working.then(
      async () => this.#settleAll(),
      async () => this.#settleAll(),
    );
    await this.#working;
  }

  /** What another process of this journal had spent, or was about to capture. */
  async settleLeft(): Promise<void> {
    for (const block of this.#blocks) await this.#end(block);
    this.#blocks = [];
    this.#journal.rewrite([]);
  }

  async takeBlock(): Promise<void> {
    const { credits, customer, action, member, block: size, ttl_seconds = 3_600 } = this.#settings;
    const asked = { customer, action, credits: size, ttl_seconds, ...(member !== undefined && { member }) };
    const hold: AnswerOf<'placeHold'> = await credits.placeHold(asked);
    this.#journal.append({ hold: hold.id, size: String(this.#block), expires_at: hold.expires_at });
    const expiresAt = Date.parse(hold.expires_at);
    // By the server's clock it is held so long; ours may stand elsewhere.
    const until = Date.now() + (expiresAt - Date.parse(hold.placed_at));
    this.#blocks.push({ id: hold.id, size: this.#block, spent: 0n, captured: 0n, captures: 0, pending: null, until });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#working.catch(() => undefined);
    await this.settleLeft();
  }

  async #settleAll(): Promise<void> {
    for (const block of this.#blocks) {
      if (this.#isGood(block) && block.spent < block.size) await this.#capture(block, false);
      else await this.#end(block);
    }
    this.#blocks = this.#blocks.filter((one) => this.#isGood(one) && one.spent < one.size);
    if (this.left() * 2n < this.#block) await this.takeBlock();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(work, work);
    try {
      await this.#working;
    } catch (error) {
      if (!(error instanceof CreditpoolError)) throw error;
      this.#settings.onTrouble?.(error);
    }
  }

  #isGood({ until }: Block): boolean {
    return Date.now() < until - MARGIN_MS;
  }

  /** Captures what is left to capture and lets the rest go. */
  async #end(block: Block): Promise<void> {
    await this.#capture(block, true);
    this.#journal.append({ ended: block.id });
  }

  /** The amount is written down with its key before it is sent: whoever repeats it repeats the same. */
  async #capture(block: Block, final: boolean): Promise<void> {
    const { credits } = this.#settings;
    if (block.pending !== null) await this.#send(block, block.pending);
    const micro = block.spent - block.captured;
    if (micro > 0n) {
      block.pending = { number: block.captures + 1, micro, final };
      this.#journal.append({ capturing: block.id, number: block.captures + 1, micro: String(micro), final });
      await this.#send(block, block.pending);
    } else if (final && !block.isEnded) {
      await credits.releaseHold(block.id, {}, { idempotencyKey: `${block.id}/lease/release` }).catch(ignoreEnded);
    }
  }

  async #send(block: Block, pending: NonNullable<Block['pending']>): Promise<void> {
    const { number, micro, final } = pending;
    const key = { idempotencyKey: `${block.id}/lease/${number}` };
    try {
      await this.#settings.credits.captureHold(block.id, { amount: toCredits(micro), final }, key);
    } catch (error) {
      // Lapsed before it was captured: the credits are the customer's again, and this is what was lost.
      if (!(error instanceof CreditpoolError) || error.code !== 'hold_not_open') throw error;
      this.#settings.onTrouble?.(error);
    }
    this.#journal.append({ captured: block.id, number });
    block.captured += micro;
    block.captures = number;
    block.pending = null;
    block.isEnded = final;
  }
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof CreditpoolError) || error.code !== 'hold_not_open') throw error;
}
