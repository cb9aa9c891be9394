// Who may draw: a plan may ask that every check and hold names the member whose work it is for.
import type { PoolBook } from './pool-book.ts';
import { refuse, type Refused } from './rejection.ts';

/** Why nobody in particular may draw here; null where anybody may, or a member is named. */
export function refusedUnnamed({ terms }: PoolBook, action: string, member: string | null): Refused | null {
  if (member !== null || terms?.policy.whoMayDraw !== 'named_members') return null;
  return refuse(
    'invalid_request',
    `Plan ${terms.plan} lets only named members draw, and this ${action} names none. Say whose work it is: member.`,
    { param: 'member' },
  );
}
