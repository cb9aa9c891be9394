import type { HoldState, Pin, PoolBook } from '../domain/pool-book.ts';
import type { Database, Transaction } from './database.ts';
import { parametersOf, type Scope, WANTED } from './pool-scope.ts';
import { type Parameter, query } from './query.ts';

type HoldRow = Omit<HoldState, 'pins'> & { customerId: string; poolId: string };

/** Puts into the books the holds that are named, those that are overdue, and every open one of a pool that is cut off. */
export async function readHolds(
  on: Database | Transaction,
  scope: Scope,
  byPool: ReadonlyMap<string, PoolBook>,
  now: Date,
  {
    holdIds,
    allHoldsOf,
    overdue: someOverdue,
  }: { readonly holdIds: readonly string[]; readonly allHoldsOf: readonly string[]; readonly overdue: boolean },
): Promise<void> {
  // A cut-off carries what every open hold pins; otherwise only the overdue ones matter.
  const due = [...byPool.values()].flatMap(({ customer, periods }) =>
    periods.some((period) => period.state === 'open' && period.cutOffAt <= now) ? [customer.customerId] : [],
  );
  const cuttingOff = [...due, ...allHoldsOf];
  // Each question with its own index: asked as one, every hold that a customer ever placed would be read.
  const named = holdIds.length === 0 ? [] : await selectHolds(on, scope, `hold_id = any ($4::uuid[])`, [holdIds]);
  const overdue = someOverdue ? await selectHolds(on, scope, `state = 'open' and expires_at <= $4`, [now]) : [];
  const carried =
    cuttingOff.length === 0
      ? []
      : await selectHolds(on, scope, `state = 'open' and customer_id = any ($4::uuid[])`, [cuttingOff]);
  const rows = [...named, ...overdue, ...carried];
  if (rows.length === 0) return;
  const pins = await query<Pin & { holdId: string }>(
    on,
    `select hold_id as "holdId", seq, lot_id as "lotId", amount, held
     from hold_draws ${WANTED} where lane = any ($3::smallint[]) and hold_id = any ($4::uuid[]) order by hold_id, seq`,
    [...parametersOf(scope), rows.map(({ holdId }) => holdId)],
  );
  const pinsOf = Map.groupBy(pins, ({ holdId }) => holdId);
  for (const { customerId: _customer, poolId, ...hold } of rows) {
    const book = byPool.get(poolId);
    if (book === undefined) continue;
    const own = (pinsOf.get(hold.holdId) ?? []).map(({ seq, lotId, amount, held }) => ({ seq, lotId, amount, held }));
    book.holds.set(hold.holdId, { ...hold, pins: own });
  }
}

/** Whether anything is overdue in these lanes; mostly nothing is, and then no customer's holds are looked through for it. */
export async function readsOverdue(on: Database | Transaction, { laneSet }: Scope): Promise<boolean> {
  const [row] = await query<{ overdue: boolean }>(
    on,
    // Lane by lane and in order: the index gives the first at once, however many holds are open.
    `select exists (select from unnest($1::smallint[]) as l (lane) cross join lateral (
         select expires_at from holds where holds.lane = l.lane and state = 'open' order by expires_at limit 1
       ) h where h.expires_at <= coalesce((select instant from simulated_clock), clock_timestamp())) as overdue`,
    [laneSet],
  );
  return row?.overdue === true;
}

async function selectHolds(
  on: Database | Transaction,
  scope: Scope,
  condition: string,
  parameters: readonly Parameter[],
): Promise<readonly HoldRow[]> {
  return query<HoldRow>(
    on,
    `select customer_id as "customerId", pool_id as "poolId", hold_id as "holdId",
       billing_period_id as "billingPeriodId", action, feature, member, agent, burn_rate_id as "burnRateId",
       plan_version_id as "planVersionId", quantities, dimensions, amount, placed_at as "placedAt", expires_at as "expiresAt",
       overage_reserved as "overageReserved", reserves, debt_reserved as "debtReserved", captured, state, settled_at as "settledAt"
     from holds ${WANTED} where lane = any ($3::smallint[]) and ${condition} order by placed_at, hold_id`,
    [...parametersOf(scope), ...parameters],
  );
}
