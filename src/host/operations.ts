// What runs with every request of a host, in its own process.
import { captureHold, type CaptureHold, releaseHold } from '../operations/capture-hold.ts';
import { checkUsage } from '../operations/check-usage.ts';
import { placeHold, type PlaceHold } from '../operations/place-hold.ts';
import { type RealTime, trackUsage, type TrackedEvent } from '../operations/track-usage.ts';

export interface Operations {
  readonly trackUsage: (events: readonly TrackedEvent[]) => ReturnType<typeof trackUsage>;
  readonly checkUsage: (asked: Parameters<typeof checkUsage>[1]) => ReturnType<typeof checkUsage>;
  readonly placeHold: (asked: PlaceHold) => ReturnType<typeof placeHold>;
  readonly captureHold: (asked: CaptureHold) => ReturnType<typeof captureHold>;
  readonly releaseHold: (asked: Parameters<typeof releaseHold>[1]) => ReturnType<typeof releaseHold>;
}

/** What a host calls in its own process. */
export function operationsOn(realTime: RealTime): Operations {
  return {
    trackUsage: async (events) => trackUsage(realTime, { events }),
    checkUsage: async (asked) => checkUsage(realTime, asked),
    placeHold: async (asked) => placeHold(realTime, asked),
    captureHold: async (asked) => captureHold(realTime, asked),
    releaseHold: async (asked) => releaseHold(realTime, asked),
  };
}
