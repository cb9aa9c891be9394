import type { Case } from '../../domain/case-record.ts';
import type { Refused } from '../../domain/rejection.ts';
import { now as clock } from '../../storage/clock.ts';
import { findOperator } from '../../storage/operators.ts';
import { customersByIds } from '../../storage/search.ts';
import { type CaseQuery, listCases } from '../cases/list-cases.ts';
import type { Deps } from '../deps.ts';
import type { Acting } from '../operators/acting.ts';

export interface CaseQueueRow {
  readonly one: Case;
  readonly customerName: string | null;
  readonly requesterName: string | null;
}

export interface CaseQueue {
  readonly rows: readonly CaseQueueRow[];
  readonly hasMore: boolean;
  readonly now: Date;
}

/** Cases with the names of those they are about. */
export async function listCaseQueue(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  asked: CaseQuery,
): Promise<CaseQueue | Refused> {
  const page = await listCases({ db }, acting, asked);
  if ('rejected' in page) return page;
  const found = await customersByIds(db, [...new Set(page.cases.map(({ customerId }) => customerId))]);
  const customers = new Map(found.map((customer) => [customer.customerId, customer.name ?? customer.email]));
  const subjects = [...new Set(page.cases.flatMap(({ requester }) => requester ?? []))];
  const people = await Promise.all(subjects.map(async (subject) => findOperator(db, subject)));
  const names = new Map(people.flatMap((person) => (person === null ? [] : [[person.subject, person.name] as const])));
  return {
    rows: page.cases.map((one) => ({
      one,
      customerName: customers.get(one.customerId) ?? null,
      requesterName: names.get(one.requester ?? '') ?? null,
    })),
    hasMore: page.hasMore,
    now: await clock(db),
  };
}
