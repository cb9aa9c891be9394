// Variances as people work through them: narrowed, counted by class, the oldest first.
import { EVERY_LANE } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';
import { type StoredVariance, VARIANCE_COLUMNS } from './variances.ts';

export interface VarianceFilter {
  readonly states: readonly StoredVariance['state'][];
  readonly class?: string;
  /** A person's subject; '' for those that nobody has taken on. */
  readonly owner?: string;
  readonly customerId?: string;
  /** Found before this instant. */
  readonly foundBefore?: Date;
  /** Differences of money below this many minor units are left out; differences that are no money stay. */
  readonly atLeastMinor?: bigint;
}

export interface QueuedVariance extends StoredVariance {
  readonly customer: string | null;
  readonly ownerName: string | null;
  readonly explainedByName: string | null;
}

/** An ISO currency as a unit: credit units and meter units are words. */
const IS_MONEY = `unit ~ '^[a-z]{3}$'`;

const NARROWED = `lane = any($1::smallint[]) and state = any($2) and ($3::text is null or class = $3)
  and ($4::text is null or coalesce(owner, '') = $4) and ($5::uuid is null or customer_id = $5)
  and ($6::timestamptz is null or found_at < $6)
  and ($7::bigint is null or amount is null or not ${IS_MONEY} or abs(amount::numeric) >= $7)`;

function parameters(filter: VarianceFilter) {
  return [
    EVERY_LANE,
    filter.states,
    filter.class ?? null,
    filter.owner ?? null,
    filter.customerId ?? null,
    filter.foundBefore ?? null,
    filter.atLeastMinor ?? null,
  ] as const;
}

/** With the names of those whom it is about; `where` narrows the variances alone. */
function named(where: string): string {
  return `select v.*, coalesce(c.name, c.email, c.external_id, c.stripe_customer_id) as customer, o.name as "ownerName",
      x.name as "explainedByName"
    from (select ${VARIANCE_COLUMNS} from variances where ${where}) v
    left join customers c on c.lane = v.lane and c.customer_id = v."customerId"
    left join operators o on o.subject = v.owner left join operators x on x.subject = v."explainedBy"
    order by v."foundAt", v."varianceId"`;
}

/** The oldest first, after a given one. */
export async function varianceQueue(
  db: Database,
  filter: VarianceFilter,
  {
    after,
    limit,
  }: { readonly after: { readonly foundAt: Date; readonly varianceId: string } | null; readonly limit: number },
): Promise<readonly QueuedVariance[]> {
  return query<QueuedVariance>(
    db,
    named(`${NARROWED} and ($8::timestamptz is null or (found_at, variance_id) > ($8, $9::uuid))
      order by found_at, variance_id limit $10`),
    [...parameters(filter), after?.foundAt ?? null, after?.varianceId ?? null, limit],
  );
}

export async function findVariance(db: Database, varianceId: string): Promise<QueuedVariance | null> {
  const [row] = await query<QueuedVariance>(db, named('lane = any($1::smallint[]) and variance_id = $2'), [
    EVERY_LANE,
    varianceId,
  ]);
  return row ?? null;
}

export interface ClassCount {
  readonly class: string;
  readonly count: number;
  readonly oldestAt: Date;
}

/** How many there are of each class. */
export async function countVariances(db: Database, filter: VarianceFilter): Promise<readonly ClassCount[]> {
  return query<ClassCount>(
    db,
    `select class, count(*)::integer as count, min(found_at) as "oldestAt" from variances
     where ${NARROWED} group by class order by count(*) desc, class`,
    [...parameters(filter)],
  );
}

/** How many were found before each of these instants. */
export async function countOlder(
  db: Database,
  filter: VarianceFilter,
  instants: readonly Date[],
): Promise<readonly number[]> {
  const rows = await query<{ count: number }>(
    db,
    `select (select count(*)::integer from variances where ${NARROWED} and found_at < t.at) as count
     from unnest($8::timestamptz[]) with ordinality as t (at, place) order by t.place`,
    [...parameters(filter), instants],
  );
  return rows.map(({ count }) => count);
}
