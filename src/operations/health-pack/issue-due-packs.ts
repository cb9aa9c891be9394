// What the timetable owes: the pack of the month before, and those of months that a deployment slept through.
import { endOf, type Month, monthAfter, monthsUntil } from '../../domain/health-pack/section.ts';
import type { Refused } from '../../domain/rejection.ts';
import { now as clock } from '../../storage/clock.ts';
import { hadCustomersBefore } from '../../storage/customers.ts';
import { listPacks } from '../../storage/health-pack/packs.ts';
import type { Deps } from '../deps.ts';
import { issueHealthPack, type IssuedPack, type RenderPack } from './issue-pack.ts';

/** A deployment that was off for longer begins with the newest. */
const CAUGHT_UP_MAX = 6;

/** The pack of the month before, when somebody asks for it. */
export async function issueLastMonth(deps: Deps, render: RenderPack, by: string): Promise<IssuedPack | Refused> {
  return issueHealthPack(deps, { month: await lastMonth(deps), candidate: null, by, render });
}

/** Issues every month since the last one that has a pack; nothing of months before there was a customer. */
export async function issueDuePacks(deps: Deps, render: RenderPack): Promise<readonly Month[]> {
  const last = await lastMonth(deps);
  const [newest] = await listPacks(deps.db, 1);
  const missing =
    newest === undefined ? [last] : monthsUntil(last, CAUGHT_UP_MAX).filter((month) => month > newest.month);
  const issued: Month[] = [];
  for (const month of missing) {
    if (!(await hadCustomersBefore(deps.db, endOf(month)))) continue;
    const pack = await issueHealthPack(deps, { month, candidate: null, by: 'system:schedule', render });
    if ('rejected' in pack) throw new Error(pack.rejected.message);
    issued.push(pack.month);
  }
  return issued;
}

async function lastMonth({ db }: Deps): Promise<Month> {
  return monthAfter((await clock(db)).toISOString().slice(0, 7), -1);
}
