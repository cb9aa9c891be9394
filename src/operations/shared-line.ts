import type { Database } from '../storage/database.ts';
import { beginRest, emptyBudget, endRest, readRest, takeCalls } from '../storage/stripe-line.ts';
import type { LineSettings } from '../stripe/line.ts';

type Rates = Pick<LineSettings, 'callsPerSecond' | 'meterCallsPerSecond'>;

type Mode = 'sandbox' | 'test' | 'live';

/**
 * Four fifths of Stripe's limits (100 calls a second in live mode, 25 in test mode, 1 000 reports of usage in live mode;
 * docs: rate limits), so that the host's own calls and the dashboard have room.
 */
const USUAL_RATES: Readonly<Record<Mode, Rates>> = {
  sandbox: { callsPerSecond: null, meterCallsPerSecond: null },
  test: { callsPerSecond: 20, meterCallsPerSecond: null },
  live: { callsPerSecond: 80, meterCallsPerSecond: 800 },
};

/** The rates that are set, and for the rest those that suit the mode. */
export function ratesOf(set: {
  readonly mode: Mode;
  readonly callsPerSecond?: number | undefined;
  readonly meterCallsPerSecond?: number | undefined;
}): Rates {
  const usual = USUAL_RATES[set.mode];
  return {
    callsPerSecond: set.callsPerSecond ?? usual.callsPerSecond,
    meterCallsPerSecond: set.meterCallsPerSecond ?? usual.meterCallsPerSecond,
  };
}

/** The line to Stripe that all replicas on one database share. */
export function sharedLine(db: Database, rates: Rates): LineSettings {
  const budget = (bucket: 'calls' | 'meter') => ({
    bucket,
    perSecond: (bucket === 'meter' ? rates.meterCallsPerSecond : rates.callsPerSecond) ?? Number.MAX_SAFE_INTEGER,
  });
  return {
    ...rates,
    state: {
      take: async (bucket, wanted) => takeCalls(db, budget(bucket), wanted),
      empty: async (bucket, seconds) => emptyBudget(db, budget(bucket), seconds),
      rest: async () => readRest(db),
      begin: async (reason) => beginRest(db, reason),
      end: async () => endRest(db),
    },
  };
}
