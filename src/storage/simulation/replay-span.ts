// Which whole billing periods of a customer lie in a span, and how the pool stood when the first of them began.
import type { MemberCap } from '../../domain/cap-book.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import type { ReplayFacts, SeatsFrom } from '../../domain/simulation/replay-facts.ts';
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';

export interface ReplaySpan {
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly anchor: Date;
  readonly quantity: number;
  readonly endedAt: Date | null;
  readonly startsAt: Date;
  readonly until: Date;
  /** The plan version of each of the periods, once. */
  readonly soldUnder: readonly string[];
  readonly isSignUp: boolean;
  readonly firstAllowanceAt: Date | null;
}

/**
 * The cycles of the newest subscription that lie in [from, to) whole and are cut off, after its trial and its last pause;
 * null where there is none.
 */
export async function replaySpan(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { from, to, endAfter }: { readonly from: Date; readonly to: Date; readonly endAfter?: Date },
): Promise<ReplaySpan | null> {
  const [row] = await query<ReplaySpan & { startsAt: Date | null }>(
    trx,
    `with chosen as (
       select * from subscriptions where lane = $1 and customer_id = $2 and plan_version_id is not null
       order by status in ('active', 'trialing', 'past_due') desc, billing_anchor desc limit 1),
     whole as (
       select b.*, exists (select from billing_periods e where e.lane = b.lane and e.customer_id = b.customer_id
           and e.superseded_by = b.billing_period_id) as is_rest
       from billing_periods b join chosen using (lane, customer_id, subscription_id)
       where b.lane = $1 and b.customer_id = $2 and b.starts_at >= $3 and b.ends_at <= $4 and b.ends_at > $5
         and b.state <> 'open'
         and not b.is_trial),
     edges as (
       select max(w.starts_at) filter (where not w.is_rest and not exists (
           select from whole p where p.ends_at = w.starts_at)) as starts_at,
         max(w.ends_at) filter (where w.superseded_by is null) as until from whole w)
     select c.subscription_id as "subscriptionId", c.plan_version_id as "planVersionId", c.billing_anchor as anchor,
       c.quantity, case when c.status = 'canceled' then c.canceled_at end as "endedAt",
       e.starts_at as "startsAt", e.until,
       array(select distinct plan_version_id::text from whole w where w.starts_at >= e.starts_at) as "soldUnder",
       not exists (select from billing_periods b where b.lane = $1 and b.customer_id = $2
         and b.subscription_id = c.subscription_id and b.starts_at < e.starts_at and not b.is_trial) as "isSignUp",
       (select min(l.effective_at) from lots l join whole w on l.source_type = 'billing_period'
           and l.source_id like w.billing_period_id::text || '%'
         where l.lane = $1 and l.customer_id = $2 and w.starts_at = e.starts_at) as "firstAllowanceAt"
     from chosen c cross join edges e`,
    [lane, customerId, from, to, endAfter ?? from],
  );
  return row === undefined || row.startsAt === null || row.until === null || row.until <= row.startsAt ? null : row;
}

/** How many seats were paid for from when on: by Stripe's lines, and by the seats that opened credits. */
export async function seatsSince(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { startsAt, until, quantity }: ReplaySpan,
): Promise<readonly SeatsFrom[]> {
  const rows = await query<{ at: Date; quantity: string }>(
    trx,
    `select l.period_start as at, l.quantity from invoice_lines l join invoices i using (lane, customer_id, invoice_id)
     where l.lane = $1 and l.customer_id = $2 and l.kind = 'base' and l.quantity is not null and l.amount_minor > 0
       and i.status in ('open', 'paid', 'uncollectible') and l.period_start >= $3 and l.period_start <= $4
     union
     select effective_at, split_part(source_id, '/', 2) from lots
     where lane = $1 and customer_id = $2 and source_type = 'seats' and effective_at >= $3 and effective_at <= $4
     order by at, quantity`,
    [lane, customerId, startsAt, until],
  );
  const seats: SeatsFrom[] = [];
  for (const { at, quantity: text } of rows) {
    const count = Number(text);
    const last = seats.at(-1);
    if (last === undefined || last.at.getTime() !== at.getTime()) seats.push({ at, quantity: count });
    else seats[seats.length - 1] = { at, quantity: Math.max(last.quantity, count) };
  }
  const [first] = seats;
  return first === undefined || first.at > startsAt ? [{ at: startsAt, quantity }, ...seats] : seats;
}

/**
 * What stood on lots when the first period began, by the entries that had taken effect until then; what its beginning
 * itself ended or rolled over is dated at that instant.
 */
export async function openingLots(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { startsAt }: ReplaySpan,
): Promise<ReplayFacts['opening']> {
  const rows = await query<ReplayFacts['opening'][number] & { granted: string }>(
    trx,
    `select l.lot_id as "lotId", o.member, l.source, l.category, l.priority, l.effective_at as "effectiveAt",
       l.expires_at as "expiresAt", l.features, l.created_at as "createdAt", sum(
         case when p.to_kind = 'available' then p.amount else 0 end
         - case when p.from_kind = 'available' then p.amount else 0 end)::text as granted
     from lots l join pools o using (lane, customer_id, pool_id)
       join postings p on p.lane = l.lane and p.customer_id = l.customer_id and p.lot_id = l.lot_id
       join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
     where l.lane = $1 and l.customer_id = $2 and l.only_hold_id is null and (e.effective_at < $3
       or (e.effective_at = $3 and (e.kind in ('lot.rolled', 'lot.expired', 'hold.carried')
         or (e.kind = 'grant' and l.source = 'rollover'))))
     group by l.lane, l.customer_id, l.lot_id, o.member
     having sum(case when p.to_kind = 'available' then p.amount else 0 end
       - case when p.from_kind = 'available' then p.amount else 0 end) > 0`,
    [lane, customerId, startsAt],
  );
  return rows.map((row) => ({ ...row, granted: BigInt(row.granted) }));
}

export interface PoolAtStart {
  readonly unit: string;
  readonly spendingLimit: bigint | null;
  readonly debt: bigint;
  readonly members: readonly string[];
  readonly memberCaps: ReadonlyMap<string, MemberCap>;
}

/** The pool itself, its debt and its members at the start, and the caps that its members have now. */
export async function poolAtStart(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { startsAt }: ReplaySpan,
): Promise<PoolAtStart | null> {
  const [pools, caps] = await Promise.all([
    query<{ unit: string; spendingLimit: bigint | null; debt: string; members: readonly string[] }>(
      trx,
      `select unit, spending_limit as "spendingLimit",
         (select coalesce(sum(case when p.from_kind = 'debt' then p.amount else -p.amount end), 0)
          from postings p join journal_entries e using (lane, customer_id, entry_id)
          where p.lane = $1 and p.customer_id = $2 and 'debt' in (p.from_kind, p.to_kind) and e.effective_at < $3)::text as debt,
         array(select m.member from pools m where m.lane = $1 and m.customer_id = $2 and m.member is not null
           and m.opened_at < $3 order by m.opened_at, m.pool_id) as members
       from pools where lane = $1 and customer_id = $2 and member is null`,
      [lane, customerId, startsAt],
    ),
    query<MemberCap & { member: string }>(
      trx,
      `select member, credits, window_kind as "window" from member_caps where lane = $1 and customer_id = $2`,
      [lane, customerId],
    ),
  ]);
  const [pool] = pools;
  if (pool === undefined) return null;
  const memberCaps = new Map(caps.map(({ member, ...cap }) => [member, cap]));
  return { ...pool, debt: BigInt(pool.debt), memberCaps };
}
