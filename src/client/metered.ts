// Work whose cost is known only when it ends: credits are held before, captured by what was used, and released when it fails.
import type { AnswerOf, InputOf } from '../contract/operations.ts';
import type { Creditpool } from './client.ts';

type Hold = AnswerOf<'placeHold'>;
export type Quantities = Readonly<Record<string, number>>;

export interface Metering {
  readonly credits: Pick<Creditpool, 'placeHold' | 'captureHold' | 'releaseHold'>;
  readonly customer: string;
  readonly action: string;
  /** The most it can use, as quantities or as credits: so much is reserved. */
  readonly hold: { readonly quantities: Quantities } | { readonly credits: string };
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly agent?: string;
  readonly ttl_seconds?: number;
  /** The request's own id: a repetition of it holds and captures once. */
  readonly key?: string;
}

/** A hold with a running count. Settling it twice settles it once. */
export interface Meter {
  readonly hold: Hold;
  readonly used: Quantities;
  readonly add: (quantities: Quantities) => void;
  /** Takes what was counted, or exactly these quantities. */
  readonly capture: (quantities?: Quantities, dimensions?: Metering['dimensions']) => Promise<Hold>;
  readonly release: () => Promise<Hold>;
}

/** Reserves credits. Throws `insufficient_credits` before any work begins. */
export async function openMeter(metering: Metering): Promise<Meter> {
  const { credits, hold: most, key = crypto.randomUUID(), ...rest } = metering;
  const asked = { ...rest, ...most } as InputOf<'placeHold'>;
  const hold = await credits.placeHold(asked, { idempotencyKey: key });
  const used: Record<string, number> = {};
  let settled: Promise<Hold> | null = null;
  /** A failed try leaves the hold as it was, for another one. */
  const settle = async (work: () => Promise<Hold>): Promise<Hold> => {
    settled ??= work().catch((error: unknown) => {
      settled = null;
      throw error;
    });
    return settled;
  };
  return {
    hold,
    used,
    add: (quantities) => {
      for (const [name, count] of Object.entries(quantities)) used[name] = (used[name] ?? 0) + count;
    },
    capture: async (quantities = used, dimensions = metering.dimensions ?? {}) => {
      const taken = { quantities: { ...quantities }, dimensions: { ...dimensions } };
      return settle(async () => credits.captureHold(hold.id, taken, { idempotencyKey: `${key}/capture` }));
    },
    release: async () => settle(async () => credits.releaseHold(hold.id, {}, { idempotencyKey: `${key}/release` })),
  };
}

export interface StreamMetering<Chunk> extends Metering {
  /** What this piece of the stream used. */
  readonly count: (chunk: Chunk) => Quantities | null;
  /** When the reader goes away, or the source fails: give all back, or take what was counted so far. Default: release. */
  readonly onAbort?: 'release' | 'capture';
}

/** The stream, metered: held before `open` is called, captured at its end, released when it is left early or fails. */
export async function* meterStream<Chunk>(
  { count, onAbort = 'release', ...metering }: StreamMetering<Chunk>,
  open: () => AsyncIterable<Chunk> | Promise<AsyncIterable<Chunk>>,
): AsyncGenerator<Chunk, void> {
  const meter = await openMeter(metering);
  let isWhole = false;
  try {
    for await (const chunk of await open()) {
      const used = count(chunk);
      if (used !== null) meter.add(used);
      yield chunk;
    }
    isWhole = true;
  } finally {
    await (isWhole || onAbort === 'capture' ? meter.capture() : meter.release());
  }
}
