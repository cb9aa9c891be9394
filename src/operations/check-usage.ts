import type { ProviderName } from '../domain/provider-cost.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { blockingUses } from '../storage/shadow.ts';
import type { CheckAnswer } from './pool-request.ts';
import { type RealTime, unknownCustomer } from './track-usage.ts';

export interface UsageQuestion {
  readonly customer: string;
  readonly action: string;
  /** none: null */
  readonly member?: string | null;
  readonly agent?: string | null;
  readonly quantities: Quantities;
  /** none: {} */
  readonly dimensions?: Dimensions;
  /** Whose model it will use; none: null */
  readonly provider?: ProviderName | null | undefined;
}

/** May this run, what does it cost, which limit says no, which lots would pay: an answer, never an effect. */
export async function checkUsage({ deps, executor }: RealTime, asked: UsageQuestion): Promise<CheckAnswer | Refused> {
  const customer = (await resolveCustomers(deps.db, [asked.customer])).get(asked.customer);
  if (customer === undefined) return unknownCustomer();
  const registry = await blockingUses(deps.db);
  const question = { dimensions: {}, ...asked, provider: asked.provider ?? null };
  const [answer] = await executor.submit([{ ...question, kind: 'check', customer, registry }]);
  if (answer?.kind === 'check') return answer.check;
  if (answer?.kind === 'refused') return { rejected: answer.rejected };
  throw new Error(`a check was answered by ${answer?.kind ?? 'nothing'}`);
}
