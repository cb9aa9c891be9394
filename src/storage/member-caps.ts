// Caps of single members, and their counters made from what is stored: usage that was not undone, and what is held.
import type { CapWindow, MemberCap } from '../domain/cap-book.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Stores a member's own cap, or takes it away (null). The caller holds the lock of the customer's pool. */
export async function saveMemberCap(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  {
    member,
    cap,
    actor,
    reason,
    at,
  }: {
    readonly member: string;
    readonly cap: MemberCap | null;
    readonly actor: string;
    readonly reason: string | null;
    readonly at: Date;
  },
): Promise<void> {
  if (cap === null) {
    const where = `lane = $1 and customer_id = $2 and member = $3`;
    await execute(trx, `delete from member_caps where ${where}`, [lane, customerId, member]);
    return;
  }
  await execute(
    trx,
    `insert into member_caps (lane, customer_id, member, credits, window_kind, set_by, reason, set_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (lane, customer_id, member) do update set credits = excluded.credits,
       window_kind = excluded.window_kind, set_by = excluded.set_by, reason = excluded.reason, set_at = excluded.set_at`,
    [lane, customerId, member, cap.credits, cap.window, actor, reason, at],
  );
  await execute(
    trx,
    `update pools set has_member_caps = true
     where lane = $1 and customer_id = $2 and member is null and not has_member_caps`,
    [lane, customerId],
  );
}

/** Counts a member's window anew from usage and holds, and returns what it comes to. */
export async function recountMember(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { member, window, start }: { readonly member: string; readonly window: CapWindow; readonly start: Date },
): Promise<bigint> {
  const [row] = await query<{ used: bigint }>(
    trx,
    `insert into usage_counters (lane, customer_id, scope, name, window_kind, window_start, used)
     select $1::smallint, $2::uuid, 'member', $3::text, $4::text, $5::timestamptz, (
       coalesce((select sum(u.credits) from usage_events u
         where u.lane = $1 and u.customer_id = $2 and u.member = $3 and u.outcome = 'applied'
           and u.occurred_at >= $5 and not exists (select from usage_reversals r
             where r.lane = $1 and r.customer_id = $2 and r.usage_event_id = u.usage_event_id)), 0)
       + coalesce((select sum(h.captured + case h.state when 'open' then h.overage_reserved + h.debt_reserved + coalesce((
             select sum(d.held) from hold_draws d
             where d.lane = $1 and d.customer_id = $2 and d.hold_id = h.hold_id), 0) else 0 end)
         from holds h where h.lane = $1 and h.customer_id = $2 and h.member = $3 and h.placed_at >= $5), 0))::bigint
     on conflict (lane, customer_id, scope, name, window_kind, window_start) do update set used = excluded.used
     returning used`,
    [lane, customerId, member, window, start],
  );
  if (row === undefined) throw new Error(`the window of ${member} was not counted`);
  return row.used;
}
