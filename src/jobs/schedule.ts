// The timetable, in UTC. One replica runs each; what a deployment slept through is caught up when it is back.
import { fillEventGap } from '../operations/fill-event-gap.ts';
import { keepFunnel } from '../operations/finance/keep-funnel.ts';
import { issueDuePacks } from '../operations/health-pack/issue-due-packs.ts';
import { watchBills } from '../operations/margin/watch-bills.ts';
import { watchMargins } from '../operations/margin/watch-margins.ts';
import { raiseDueAlerts } from '../operations/raise-due-alerts.ts';
import { recogniseRevenue } from '../operations/recognise-revenue.ts';
import { reconcile } from '../operations/reconcile.ts';
import { sealLedger } from '../operations/seal-ledger.ts';
import { findShadow } from '../operations/shadow/find-shadow.ts';
import { watchQueues } from '../operations/watch-queues.ts';
import { healthPackFiles } from '../reports/health-pack/files.ts';
import type { Job } from './cron.ts';

export function scheduledJobs(nightlyCron: string): readonly Job[] {
  return [
    {
      name: 'fill-event-gap',
      cron: '*/10 * * * *',
      catchUpHours: 1,
      work: async (deps) => ({ ...(await fillEventGap(deps)) }),
    },
    {
      name: 'watch-queues',
      cron: '*/15 * * * *',
      catchUpHours: 0,
      work: async (deps) => ({ ...(await watchQueues(deps)) }),
    },
    {
      name: 'raise-due-alerts',
      cron: '5 * * * *',
      catchUpHours: 1,
      work: async (deps) => ({ ...(await raiseDueAlerts(deps)) }),
    },
    {
      name: 'find-shadow',
      cron: '25 * * * *',
      catchUpHours: 26,
      work: async (deps) => ({ found: (await findShadow(deps, 'recent')).length }),
    },
    {
      name: 'watch-margins',
      cron: '40 2 * * *',
      catchUpHours: 26,
      work: async (deps) => ({ ...(await watchMargins(deps)), bills: (await watchBills(deps)).raised }),
    },
    {
      name: 'recognise-revenue',
      cron: '10 0 * * *',
      catchUpHours: 26,
      work: async (deps) => ({ ...(await recogniseRevenue(deps)) }),
    },
    {
      name: 'seal-ledger',
      cron: '20 1 * * *',
      catchUpHours: 26,
      work: async (deps) => ({ days: (await sealLedger(deps)).length }),
    },
    {
      name: 'issue-health-pack',
      cron: '0 6 2 * *',
      // Whenever a deployment is back: the last one is never a month ago.
      catchUpHours: 31 * 24,
      work: async (deps) => ({ issued: await issueDuePacks(deps, healthPackFiles) }),
    },
    {
      name: 'reconcile',
      cron: nightlyCron,
      catchUpHours: 26,
      work: async (deps) => {
        const { reconciliationId, customers, compared, unexplained, reads } = await reconcile(deps);
        await keepFunnel(deps, reconciliationId);
        if (unexplained > 0)
          deps.log.warn({ reconciliationId, unexplained }, 'reconciliation found what nothing explains');
        return { reconciliationId, customers, compared, unexplained, reads };
      },
    },
  ];
}
