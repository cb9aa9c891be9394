// What a customer did in the span, in the order in which it was recorded.
import type { CustomerKey } from '../../domain/customer.ts';
import type {
  CaptureInput,
  ClawbackInput,
  FeePaidInput,
  GrantInput,
  HoldInput,
  ReleaseInput,
  ReplayInput,
  ReversalInput,
  TransferInput,
  UsageInput,
} from '../../domain/simulation/replay-facts.ts';
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';
import type { ReplaySpan } from './replay-span.ts';

type Quantities = Readonly<Record<string, string>>;

/** Everything recorded from the first period's beginning until the last one's cut-off. */
export async function replayInputs(
  trx: Transaction,
  key: CustomerKey,
  { startsAt, until }: ReplaySpan,
  cutOffMinutes: number,
): Promise<readonly ReplayInput[]> {
  const parameters = [key.lane, key.customerId, startsAt, new Date(until.getTime() + cutOffMinutes * 60_000)] as const;
  const read = await Promise.all([
    usage(trx, parameters),
    holds(trx, parameters),
    captures(trx, parameters),
    releases(trx, parameters),
    grants(trx, parameters),
    clawbacks(trx, parameters),
    reversals(trx, parameters),
    transfers(trx, parameters),
    feesPaid(trx, parameters),
  ]);
  return read
    .flat()
    .toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.order < b.order ? -1 : Number(a.order > b.order)));
}

type Parameters = readonly [number, string, Date, Date];

function counts(quantities: Quantities): Readonly<Record<string, bigint>> {
  return Object.fromEntries(Object.entries(quantities).map(([name, count]) => [name, BigInt(count)]));
}

async function usage(trx: Transaction, parameters: Parameters): Promise<readonly UsageInput[]> {
  const rows = await query<
    Omit<UsageInput, 'kind' | 'quantities' | 'cause'> & {
      quantities: Quantities;
      actor: string | null;
      reason: string | null;
    }
  >(
    trx,
    `select u.recorded_at as at, u.usage_event_id::text as "order", u.usage_event_id as "usageEventId", u.action,
       u.member, u.agent, u.quantities, u.dimensions, u.occurred_at as "occurredAt", e.actor, e.reason
     from usage_events u
       left join billing_periods b on b.lane = u.lane and b.customer_id = u.customer_id
         and b.billing_period_id = u.billing_period_id
       left join journal_entries e on e.lane = u.lane and e.customer_id = u.customer_id and e.entry_id = u.entry_id
     where u.lane = $1 and u.customer_id = $2 and u.recorded_at >= $3 and u.recorded_at <= $4
       and u.outcome in ('applied', 'unfunded') and (b.starts_at is null or b.starts_at >= $3)`,
    parameters,
  );
  return rows.map(({ quantities, actor, reason, ...row }) => ({
    ...row,
    kind: 'usage',
    quantities: counts(quantities),
    cause: actor === null || actor === 'api' ? null : { actor, reason: reason ?? '' },
  }));
}

async function holds(trx: Transaction, parameters: Parameters): Promise<readonly HoldInput[]> {
  const rows = await query<Omit<HoldInput, 'kind' | 'quantities'> & { quantities: Quantities }>(
    trx,
    `select placed_at as at, hold_id::text as "order", hold_id as "holdId", action, member, agent, quantities, dimensions,
       amount, extract(epoch from expires_at - placed_at)::float8 as "ttlSeconds"
     from holds where lane = $1 and customer_id = $2 and placed_at >= $3 and placed_at <= $4`,
    parameters,
  );
  return rows.map(({ quantities, ...row }) => ({ ...row, kind: 'hold', quantities: counts(quantities) }));
}

async function captures(trx: Transaction, parameters: Parameters): Promise<readonly CaptureInput[]> {
  const rows = await query<Omit<CaptureInput, 'kind'>>(
    trx,
    `select c.captured_at as at, c.entry_id::text as "order", c.hold_id as "holdId", c.capture_key as "captureKey",
       c.amount, h.state = 'captured' and h.settled_at = c.captured_at and not exists (
         select from hold_captures l where l.lane = c.lane and l.customer_id = c.customer_id and l.hold_id = c.hold_id
           and l.captured_at = c.captured_at and l.entry_id > c.entry_id) as final
     from hold_captures c join holds h using (lane, customer_id, hold_id)
     where c.lane = $1 and c.customer_id = $2 and c.captured_at >= $3 and c.captured_at <= $4`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'capture' }));
}

async function releases(trx: Transaction, parameters: Parameters): Promise<readonly ReleaseInput[]> {
  const rows = await query<Omit<ReleaseInput, 'kind'>>(
    trx,
    `select h.settled_at as at, e.entry_id::text as "order", h.hold_id as "holdId"
     from holds h join journal_entries e on e.lane = h.lane and e.customer_id = h.customer_id
       and e.source_type = 'hold' and e.source_id = h.hold_id::text and e.kind = 'hold.released'
     where h.lane = $1 and h.customer_id = $2 and h.state = 'released' and h.settled_at >= $3 and h.settled_at <= $4`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'release' }));
}

async function grants(trx: Transaction, parameters: Parameters): Promise<readonly GrantInput[]> {
  const rows = await query<Omit<GrantInput, 'kind' | 'lot'> & GrantInput['lot']>(
    trx,
    `select l.created_at as at, l.lot_id::text as "order", l.lot_id as "lotId", o.member, l.source, l.category, l.priority,
       l.effective_at as "effectiveAt", l.expires_at as "expiresAt", l.features, l.granted, l.paid_minor as "paidMinor"
     from lots l join pools o using (lane, customer_id, pool_id)
     where l.lane = $1 and l.customer_id = $2 and l.created_at >= $3 and l.created_at <= $4
       and l.source in ('purchased', 'promotional', 'goodwill', 'opening')`,
    parameters,
  );
  return rows.map(({ at, order, lotId, member, source, paidMinor, ...lot }) => ({
    kind: 'grant',
    at,
    order,
    lotId,
    member,
    source,
    paidMinor,
    lot,
  }));
}

async function clawbacks(trx: Transaction, parameters: Parameters): Promise<readonly ClawbackInput[]> {
  const rows = await query<Omit<ClawbackInput, 'kind' | 'amount'> & { amount: string }>(
    trx,
    `select e.recorded_at as at, e.entry_id::text as "order", p.lot_id as "lotId", sum(p.amount)::text as amount
     from journal_entries e join postings p using (lane, customer_id, entry_id)
     where e.lane = $1 and e.customer_id = $2 and e.recorded_at >= $3 and e.recorded_at <= $4
       and e.kind = 'lot.clawed_back' and p.to_kind = 'clawed_back' and p.lot_id is not null
     group by e.recorded_at, e.entry_id, p.lot_id`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'clawback', amount: BigInt(row.amount) }));
}

async function reversals(trx: Transaction, parameters: Parameters): Promise<readonly ReversalInput[]> {
  const rows = await query<Omit<ReversalInput, 'kind'>>(
    trx,
    `select coalesce(e.recorded_at, f.funded_at) as at, coalesce(e.entry_id, r.usage_event_id)::text as "order",
       r.usage_event_id as "usageEventId"
     from usage_reversals r
       left join journal_entries e on e.lane = r.lane and e.customer_id = r.customer_id and e.entry_id = r.entry_id
       left join unfunded_usage f on f.lane = r.lane and f.customer_id = r.customer_id
         and f.usage_event_id = r.usage_event_id
     where r.lane = $1 and r.customer_id = $2 and coalesce(e.recorded_at, f.funded_at) between $3 and $4`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'reversal' }));
}

async function transfers(trx: Transaction, parameters: Parameters): Promise<readonly TransferInput[]> {
  const rows = await query<Omit<TransferInput, 'kind' | 'amount'> & { amount: string }>(
    trx,
    `select e.recorded_at as at, e.entry_id::text as "order", a.member as "from", b.member as "to",
       sum(p.amount)::text as amount
     from journal_entries e
       join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
         and p.from_kind = 'issued.transferred'
       join pools b on b.lane = p.lane and b.customer_id = p.customer_id and b.pool_id = p.to_pool_id
       join lots l on l.lane = p.lane and l.customer_id = p.customer_id and l.lot_id = p.lot_id
       join lots s on s.lane = l.lane and s.customer_id = l.customer_id and s.lot_id = l.origin_lot_id
       join pools a on a.lane = s.lane and a.customer_id = s.customer_id and a.pool_id = s.pool_id
     where e.lane = $1 and e.customer_id = $2 and e.recorded_at >= $3 and e.recorded_at <= $4 and e.kind = 'transfer'
     group by e.recorded_at, e.entry_id, a.member, b.member`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'transfer', amount: BigInt(row.amount) }));
}

async function feesPaid(trx: Transaction, parameters: Parameters): Promise<readonly FeePaidInput[]> {
  const rows = await query<Omit<FeePaidInput, 'kind'>>(
    trx,
    `select fee_paid_at as at, billing_period_id::text as "order", starts_at as "startsAt" from billing_periods
     where lane = $1 and customer_id = $2 and starts_at >= $3 and fee_paid_at between $3 and $4`,
    parameters,
  );
  return rows.map((row) => ({ ...row, kind: 'fee paid' }));
}
