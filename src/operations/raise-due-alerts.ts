import { type AlertKind, silenceOf } from '../domain/alert.ts';
import { formatCredits } from '../domain/amount.ts';
import { insertAlerts, type NewAlert } from '../storage/alerts.ts';
import { now as clock } from '../storage/clock.ts';
import { type ExpiringLot, expiringLots, type PoolPace, poolPaces } from '../storage/due-alerts.ts';
import type { Deps } from './deps.ts';

const DAY_MS = 86_400_000;

/** Raises what no debit raises: credits that will expire, silence, and a balance that will not last. */
export async function raiseDueAlerts(deps: Deps): Promise<{ readonly looked: number }> {
  const now = await clock(deps.db);
  const lots = await expiringLots(deps.db, now);
  const paces = await poolPaces(deps.db, now);
  const alerts = [
    ...lots.flatMap((lot) => expiring(deps, lot, now)),
    ...paces.flatMap((pace) => paced(deps, pace, now)),
  ];
  await insertAlerts(deps.db, now, alerts);
  return { looked: alerts.length };
}

/** The shortest notice that has come; an earlier one that was missed is not made up. */
function expiring({ newId }: Deps, lot: ExpiringLot, now: Date): readonly NewAlert[] {
  const { lane, customerId, poolId, lotId, expiresAt, remaining } = lot;
  const daysAhead = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  const days = lot.notices.filter((notice) => daysAhead <= notice).at(-1);
  if (days === undefined) return [];
  const data = { remaining: formatCredits(remaining), days, expires_at: expiresAt.toISOString() };
  return [alert({ lane, customerId, poolId, alertId: newId() }, 'grant.expiring', `${lotId}/${days}`, data)];
}

function paced({ newId }: Deps, pace: PoolPace, now: Date): readonly NewAlert[] {
  const { lane, customerId, poolId, lastAt, used, available, billingPeriodId, silenceHours, daysLeft } = pace;
  const key = { lane, customerId, poolId };
  const hours = silenceOf(lastAt, now);
  const perDay = used / 7n;
  const lasts = perDay === 0n ? null : Number(available / perDay);
  const silent =
    silenceHours === null || hours < silenceHours
      ? []
      : [
          alert({ ...key, alertId: newId() }, 'usage.silent', lastAt.toISOString(), {
            hours,
            last_at: lastAt.toISOString(),
          }),
        ];
  const short =
    daysLeft === null || lasts === null || lasts > daysLeft
      ? []
      : [
          alert({ ...key, alertId: newId() }, 'balance.days_left', billingPeriodId, {
            days_left: lasts,
            available: formatCredits(available),
            per_day: formatCredits(perDay),
          }),
        ];
  return [...silent, ...short];
}

function alert(
  whose: Pick<NewAlert, 'lane' | 'customerId' | 'poolId' | 'alertId'>,
  kind: AlertKind,
  key: string,
  data: NewAlert['data'],
): NewAlert {
  return { ...whose, kind, key: `${kind}/${whose.poolId}/${key}`, data };
}
