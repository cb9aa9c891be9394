// How fast all replicas together may call Stripe, and whether they rest because it is down. By PostgreSQL's own clock.
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

/** Calls of all kinds, and reports of usage, for which Stripe has a limit of its own in live mode. */
export type BudgetName = 'calls' | 'meter';

export interface Budget {
  readonly bucket: BudgetName;
  readonly perSecond: number;
}

export interface Taken {
  readonly granted: number;
  /** Milliseconds until there is one again; 0 when some were granted. */
  readonly waitMs: number;
}

/** What may be saved up: a fifth of a second's calls, so that no second sees more than 1.2 times the rate. */
function burstOf({ perSecond }: Budget): number {
  return Math.max(1, perSecond / 5);
}

/** Takes up to `wanted` calls from a budget. */
export async function takeCalls(db: Database, budget: Budget, wanted: number): Promise<Taken> {
  const [row] = await query<Taken>(
    db,
    `with full_bucket as (
       select bucket, least($3::float8, tokens + $2::float8 * greatest(0, extract(epoch from clock_timestamp() - refilled_at)::float8)) as tokens
       from stripe_budgets where bucket = $1 for update
     ), granted as (
       select bucket, tokens, greatest(0, least($4::float8, floor(tokens))) as calls from full_bucket
     ), kept as (
       update stripe_budgets b set tokens = g.tokens - g.calls, refilled_at = clock_timestamp()
       from granted g where b.bucket = g.bucket
     )
     select calls::int as granted, case when calls > 0 then 0 else ceil((1 - tokens) / $2 * 1000) end::float8 as "waitMs"
     from granted`,
    [budget.bucket, budget.perSecond, burstOf(budget), wanted],
  );
  if (row === undefined) throw new Error(`there is no budget ${budget.bucket}`);
  return row;
}

/** Stripe said that the account calls too much: nobody takes from the budget for so long. */
export async function emptyBudget(db: Database, { bucket, perSecond }: Budget, seconds: number): Promise<void> {
  await execute(
    db,
    `update stripe_budgets set tokens = least(tokens, -$2::float8), refilled_at = clock_timestamp() where bucket = $1`,
    [bucket, perSecond * seconds],
  );
}

export interface StripeRest {
  /** Stripe has failed since then, with no success between; null while it works. */
  readonly since: Date | null;
  readonly reason: string | null;
  /** Milliseconds for which nobody is to call; 0 when somebody may try. */
  readonly leftMs: number;
}

export async function readRest(db: Database): Promise<StripeRest> {
  const [row] = await query<StripeRest>(
    db,
    `select since, reason, greatest(0, coalesce(extract(epoch from until - clock_timestamp()) * 1000, 0))::float8 as "leftMs"
     from stripe_rest`,
  );
  if (row === undefined) throw new Error('the row of stripe_rest is missing');
  return row;
}

const REST_SECONDS_MAX = 60;

/** Begins a rest: 1 second, then 2, 4 … 60. Of several replicas that notice at once, one begins it. */
export async function beginRest(db: Database, reason: string): Promise<void> {
  await execute(
    db,
    `update stripe_rest set since = coalesce(since, clock_timestamp()), reason = $1, rests = rests + 1,
       until = clock_timestamp() + make_interval(secs => least($2::float8, 2 ^ least(rests, 10)))
     where until is null or until <= clock_timestamp()`,
    [reason, REST_SECONDS_MAX],
  );
}

/** Stripe has answered. */
export async function endRest(db: Database): Promise<void> {
  await execute(
    db,
    `update stripe_rest set since = null, until = null, rests = 0, reason = null where since is not null`,
  );
}
