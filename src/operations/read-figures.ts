import { countWaitingForPeople, type JobState, readJobStates, type WaitingForPeople } from '../storage/gauges.ts';
import { type Backlog, readBacklog } from '../storage/health.ts';
import type { Deps } from './deps.ts';

/** One number for whoever watches. */
export interface Figure {
  readonly name: string;
  /** What it counts, in a line. */
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Figures that the database keeps, the same on every replica; null when it does not answer. */
export async function readFigures({ db, log }: Deps): Promise<readonly Figure[] | null> {
  try {
    const [backlog, waiting, jobs] = await Promise.all([readBacklog(db), countWaitingForPeople(db), readJobStates(db)]);
    return [...ofBacklog(backlog), ...ofWaiting(waiting), ...jobs.flatMap((job) => ofJob(job))];
  } catch (error) {
    log.warn({ err: error }, 'the figures could not be read');
    return null;
  }
}

function ofBacklog(backlog: Backlog): readonly Figure[] {
  return [
    figure('outbox_waiting', 'Messages for Stripe that wait to be sent', backlog.outboxWaiting),
    figure('outbox_oldest_seconds', 'How long the oldest message for Stripe has been due', backlog.outboxOldestSeconds),
    figure('outbox_parked', 'Messages for Stripe that need a person', backlog.outboxParked),
    figure('inbox_waiting', 'Events of Stripe that wait to be applied', backlog.inboxWaiting),
    figure('inbox_oldest_seconds', 'Age of the oldest event of Stripe that is not applied', backlog.inboxOldestSeconds),
    figure('inbox_parked', 'Events of Stripe that need a person', backlog.inboxParked),
    figure('usage_untold_seconds', 'Age of the oldest usage that Stripe has not been told', backlog.meterOldestSeconds),
    figure('stripe_failing_seconds', 'How long Stripe has failed without a success', backlog.stripeFailingSeconds),
  ];
}

function ofWaiting(waiting: WaitingForPeople): readonly Figure[] {
  return [
    figure('variances_unexplained', 'Differences from Stripe that nobody explained', waiting.variancesUnexplained),
    figure('drafts_held', 'Invoice drafts that wait for a person', waiting.draftsHeld),
    figure('deliveries_parked', 'Webhooks and mails that were given up', waiting.deliveriesParked),
    figure('provider_bill_gaps', 'Bills of providers that part from what uses told of', waiting.billGaps),
    figure('events_quarantined', 'Implausible usage events that wait for a person', waiting.eventsQuarantined),
  ];
}

function ofJob({ job, succeededAt, failed }: JobState): readonly Figure[] {
  const labels = { job };
  return [
    ...(succeededAt === null
      ? []
      : [
          {
            ...figure(
              'job_succeeded_timestamp_seconds',
              'When the job last did its work',
              succeededAt.getTime() / 1000,
            ),
            labels,
          },
        ]),
    { ...figure('job_failed', '1 while the last run of the job failed', failed ? 1 : 0), labels },
  ];
}

function figure(name: string, help: string, value: number): Figure {
  return { name, help, value };
}
