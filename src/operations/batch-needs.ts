// What a batch's requests ask of the books that they are decided on.
import type { BookNeeds, BookSpender } from '../storage/pool-books.ts';
import type { PoolRequest } from './pool-request.ts';

/**
 * Holds and spenders that the requests speak of; a touch is for all pools of its customer. Spenders are gathered when a
 * book asks for them: most have neither members nor caps, and a batch has thousands of requests.
 */
export function needsOf(requests: readonly PoolRequest[], how: Pick<BookNeeds, 'readOnly' | 'kept'>): BookNeeds {
  const holdIds: string[] = [];
  const allMembersOf: string[] = [];
  for (const request of requests) {
    if ('holdId' in request) holdIds.push(request.holdId);
    else if (request.kind === 'touch') allMembersOf.push(request.customer.customerId);
  }
  return {
    ...how,
    holdIds,
    allMembersOf,
    get spenders() {
      return requests.flatMap(spendersOf);
    },
  };
}

function spendersOf(request: PoolRequest): readonly BookSpender[] {
  const { customerId } = request.customer;
  if (request.kind === 'transfer') {
    return [request.from, request.to].map((member) => ({ customerId, member, agent: null }));
  }
  if (request.kind !== 'usage' && request.kind !== 'hold' && request.kind !== 'check') return [];
  const { member = null, agent = null } = request;
  return member === null && agent === null ? [] : [{ customerId, member, agent }];
}
