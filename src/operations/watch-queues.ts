import { readBacklog } from '../storage/health.ts';
import type { Deps } from './deps.ts';

/** Usage that waits longer than this has gone wrong; Stripe refuses it after 35 days. */
const UNTOLD_SECONDS_MAX = 2 * 86_400;
const WAITING_SECONDS_MAX = 3_600;

/** Says aloud, in the log, what waits too long or lies parked; `/readyz` has the same figures. Returns how many alarms. */
export async function watchQueues({ db, log }: Deps): Promise<{ readonly alarms: number }> {
  const backlog = await readBacklog(db);
  const alarms = [
    ...(backlog.meterOldestSeconds > UNTOLD_SECONDS_MAX
      ? ['usage waits for days to be told to Stripe, which refuses it when it is 35 days old']
      : []),
    ...(backlog.outboxOldestSeconds > WAITING_SECONDS_MAX ? ['messages for Stripe wait for more than an hour'] : []),
    ...(backlog.inboxOldestSeconds > WAITING_SECONDS_MAX ? ['events of Stripe wait for more than an hour'] : []),
    ...(backlog.outboxParked > 0 ? ['messages for Stripe are parked: creditpool outbox list'] : []),
    ...(backlog.inboxParked > 0 ? ['events of Stripe are parked: creditpool inbox list'] : []),
  ];
  for (const alarm of alarms) log.error({ ...backlog }, alarm);
  return { alarms: alarms.length };
}
