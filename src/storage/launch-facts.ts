// What the launch gate counts.
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface LaunchCounts {
  readonly quarantined: number;
  readonly messagesParked: number;
  readonly eventsParked: number;
  readonly reconciledAt: Date | null;
  readonly variancesOpen: number;
  /** Cases that wait for an approval since before then. */
  readonly casesWaiting: number;
  readonly draftsHeld: number;
  readonly operators: number;
}

export async function readLaunchCounts(db: Database | Transaction, casesBefore: Date): Promise<LaunchCounts> {
  const [row] = await query<LaunchCounts>(
    db,
    `select
       (select count(*) from quarantined_events where state = 'waiting')::int as quarantined,
       (select count(*) from outbox where lane between 0 and 63 and state = 'parked')::int as "messagesParked",
       (select count(*) from stripe_events where state = 'parked')::int as "eventsParked",
       (select max(started_at) from reconciliations where scope in ('full', 'changed') and finished_at is not null) as "reconciledAt",
       (select count(*) from variances where lane between 0 and 63 and state = 'open')::int as "variancesOpen",
       (select count(*) from cases where lane between 0 and 63 and state = 'waiting' and submitted_at < $1)::int as "casesWaiting",
       (select count(*) from settlements where lane between 0 and 63 and state = 'held')::int as "draftsHeld",
       (select count(*) from operators where disabled_at is null and roles && array['approver', 'owner'])::int as operators`,
    [casesBefore],
  );
  if (row === undefined) throw new Error('the launch counts returned no row');
  return row;
}

export interface ObservedAction {
  readonly action: string;
  readonly observed: number;
  readonly shadowed: number;
}

/** Uses stored beside the balances since then, by action, and how many of them have would-be draws. */
export async function countObserved(db: Database | Transaction, since: Date): Promise<readonly ObservedAction[]> {
  return query<ObservedAction>(
    db,
    `select u.action, count(*)::int as observed, count(*) filter (where exists (
         select from shadow_draws d where d.lane between 0 and 63 and d.lane = u.lane and d.customer_id = u.customer_id
           and d.usage_event_id = u.usage_event_id))::int as shadowed
     from usage_events u
     where u.lane between 0 and 63 and u.outcome = 'observed' and u.recorded_at >= $1
     group by u.action`,
    [since],
  );
}

export interface ShadowSum {
  readonly action: string;
  readonly events: number;
  /** Micro-credits that lots, overage and debt would have given, and that nothing would have. */
  readonly lots: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly refused: bigint;
}

/** What the shadow books say of each action since then. */
export async function sumShadows(db: Database | Transaction, since: Date): Promise<readonly ShadowSum[]> {
  return query<ShadowSum>(
    db,
    `select action, count(distinct usage_event_id)::int as events,
       coalesce(sum(amount) filter (where taken_from = 'lot'), 0)::bigint as lots,
       coalesce(sum(amount) filter (where taken_from = 'overage'), 0)::bigint as overage,
       coalesce(sum(amount) filter (where taken_from = 'debt'), 0)::bigint as debt,
       coalesce(sum(amount) filter (where taken_from = 'refused'), 0)::bigint as refused
     from shadow_draws where lane between 0 and 63 and drawn_at >= $1 group by action order by action`,
    [since],
  );
}

export interface ShadowMargin {
  readonly action: string;
  readonly currency: string;
  readonly uses: number;
  /** Micro-credits that would have been drawn or billed by the uses whose cost is known. */
  readonly credits: bigint;
  /** Nano-units of the major unit. */
  readonly costNano: bigint;
}

/** What shadowed uses with a known provider cost would have drawn since then, and what they cost. */
export async function shadowMargins(db: Database | Transaction, since: Date): Promise<readonly ShadowMargin[]> {
  return query<ShadowMargin>(
    db,
    `with drawn as (
       select lane, customer_id, usage_event_id, action,
         coalesce(sum(amount) filter (where taken_from in ('lot', 'overage')), 0) as credits
       from shadow_draws where lane between 0 and 63 and drawn_at >= $1
       group by lane, customer_id, usage_event_id, action
     )
     select d.action, c.currency, count(*)::int as uses, sum(d.credits)::bigint as credits,
       sum(c.cost_nano)::bigint as "costNano"
     from drawn d
     join provider_costs c on c.lane = d.lane and c.customer_id = d.customer_id and c.usage_event_id = d.usage_event_id
     where c.lane between 0 and 63 and c.cost_nano is not null
     group by d.action, c.currency`,
    [since],
  );
}
