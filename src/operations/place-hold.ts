import type { ProviderName } from '../domain/provider-cost.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { blockingUses } from '../storage/shadow.ts';
import type { AnsweredHold } from './decide-hold.ts';
import type { Keyed, PoolAnswer } from './pool-request.ts';
import { type RealTime, unknownCustomer } from './track-usage.ts';

export interface PlaceHold extends Keyed {
  readonly customer: string;
  readonly action: string;
  readonly member: string | null;
  /** none: null */
  readonly agent?: string | null;
  /** Either what will be used, or micro-credits. */
  readonly quantities: Quantities | null;
  readonly amount: bigint | null;
  /** none: {} */
  readonly dimensions?: Dimensions;
  readonly ttlSeconds: number | null;
  /** Whose model it will use; none: null */
  readonly provider?: ProviderName | null;
}

/** Reserves credits before work runs; once per key. */
export async function placeHold({ deps, executor }: RealTime, asked: PlaceHold): Promise<AnsweredHold | Refused> {
  const customer = (await resolveCustomers(deps.db, [asked.customer])).get(asked.customer);
  if (customer === undefined) return unknownCustomer();
  const registry = await blockingUses(deps.db);
  const [answer] = await executor.submit([{ dimensions: {}, agent: null, ...asked, kind: 'hold', customer, registry }]);
  return answeredHold(answer);
}

export function answeredHold(answer: PoolAnswer | undefined): AnsweredHold | Refused {
  if (answer?.kind === 'hold') return { hold: answer.hold, replayed: answer.replayed };
  if (answer?.kind === 'refused') return { rejected: answer.rejected };
  throw new Error(`a hold was answered by ${answer?.kind ?? 'nothing'}`);
}
