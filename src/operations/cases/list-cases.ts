import type { Case } from '../../domain/case-record.ts';
import type { Refused } from '../../domain/rejection.ts';
import { type CaseFilter, listCases as readCases, readCase as readRow } from '../../storage/cases.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { findCustomer } from '../read-customer.ts';
import { unknownCase } from './case-record.ts';

export interface CaseQuery extends Omit<CaseFilter, 'customer'> {
  /** `customer_…`, `cus_…` or `ext:…`. */
  readonly customer?: string;
  readonly limit: number;
}

export interface CasePage {
  readonly cases: readonly Case[];
  readonly hasMore: boolean;
}

/** Cases by state, customer, person or ticket. The queue for approvers: `states: ['waiting']`, the oldest first. */
export async function listCases(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  { customer: name, limit, ...filter }: CaseQuery,
): Promise<CasePage | Refused> {
  const actor = await permitted(deps.db, acting, 'case.read');
  if ('rejected' in actor) return actor;
  const customer = name === undefined ? null : await findCustomer(deps, name);
  if (customer !== null && 'rejected' in customer) return customer;
  const rows = await readCases(deps.db, { ...filter, ...(customer !== null && { customer }) }, limit + 1);
  return { cases: rows.slice(0, limit), hasMore: rows.length > limit };
}

export async function readCase(deps: Pick<Deps, 'db'>, acting: Acting, caseId: string): Promise<Case | Refused> {
  const actor = await permitted(deps.db, acting, 'case.read');
  if ('rejected' in actor) return actor;
  return (await readRow(deps.db, caseId)) ?? unknownCase();
}
