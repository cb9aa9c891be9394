// What was given, taken back or refused by exception in a month: cases, by when they ended.
import type { Approval } from '../domain/case-record.ts';
import type { CaseKind, CaseState } from '../domain/case.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface Adjustment {
  readonly caseId: string;
  readonly customerId: string;
  readonly customer: string | null;
  readonly kind: CaseKind;
  readonly state: CaseState;
  readonly ticket: string | null;
  /** A person's subject. */
  readonly requester: string | null;
  readonly approver: string | null;
  readonly approval: Approval | null;
  readonly at: Date;
  /** Decimal credits, given or (negative) taken back. */
  readonly credits: string | null;
  readonly moneyMinor: bigint | null;
  readonly currency: string | null;
}

/** The newest first. */
export async function adjustmentsOf(
  db: Database,
  { lanes, month, limit }: { readonly lanes: readonly number[]; readonly month: string; readonly limit: number },
): Promise<readonly Adjustment[]> {
  return query<Adjustment>(
    db,
    `with decided as (
       select c.*, coalesce(c.finished_at, c.submitted_at) as at from cases c
       where c.lane = any($1) and c.state in ('waiting', 'approved', 'executing', 'done', 'undone', 'refused', 'lapsed'))
     select d.case_id as "caseId", d.customer_id as "customerId",
       coalesce(c.name, c.email, c.external_id, c.stripe_customer_id) as customer, d.kind, d.state, d.ticket, d.requester,
       d.approver, d.approval, d.at,
       ((d.preview -> 'credits' ->> 'given')::numeric - coalesce((d.preview -> 'credits' ->> 'takenBack')::numeric, 0))::text
         as credits,
       (d.preview -> 'money' ->> 'totalMinor')::bigint as "moneyMinor", d.preview -> 'money' ->> 'currency' as currency
     from decided d join customers c on c.lane = d.lane and c.customer_id = d.customer_id
     where c.lane = any($1) and d.at >= $2::date::timestamp at time zone 'UTC'
       and d.at < ($2::date + interval '1 month') at time zone 'UTC'
     order by d.at desc, d.case_id limit $3`,
    [lanes, month, limit],
  );
}
