import type { ProviderUse } from '../domain/provider-cost.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { customerOfHold } from '../storage/holds.ts';
import { modelPrices } from '../storage/model-prices.ts';
import type { AnsweredHold } from './decide-hold.ts';
import { answeredHold } from './place-hold.ts';
import type { Keyed } from './pool-request.ts';
import type { RealTime } from './track-usage.ts';

export interface CaptureHold extends Keyed {
  readonly holdId: string;
  /** What was really used, by quantity or in micro-credits; neither takes all that is held. */
  readonly quantities: Quantities | null;
  readonly amount: bigint | null;
  /** Over those of the hold; none: {} */
  readonly dimensions?: Dimensions;
  /** Gives the rest back; false keeps it for a later capture. */
  readonly final: boolean;
  /** What it cost at the model's provider, and whose; none: null */
  readonly provider?: ProviderUse | null;
}

/** Takes part or all of a hold; once per key. */
export async function captureHold({ deps, executor }: RealTime, asked: CaptureHold): Promise<AnsweredHold | Refused> {
  const customer = await customerOfHold(deps.db, asked.holdId);
  if (customer === null) return unknownHold();
  const prices = await modelPrices(deps.db);
  const [answer] = await executor.submit([{ dimensions: {}, ...asked, kind: 'capture', customer, prices }]);
  return answeredHold(answer);
}

/** Gives a hold back; once per key. */
export async function releaseHold(
  { deps, executor }: RealTime,
  asked: Keyed & { readonly holdId: string },
): Promise<AnsweredHold | Refused> {
  const customer = await customerOfHold(deps.db, asked.holdId);
  if (customer === null) return unknownHold();
  const [answer] = await executor.submit([{ ...asked, kind: 'release', customer }]);
  return answeredHold(answer);
}

function unknownHold(): Refused {
  return refuse('unknown_hold', 'No hold has this id.', { param: 'id' });
}
