// A worker with no HTTP of its own: it takes jobs from wherever they come, and what they used is kept in a file until it is counted, whatever
// happens to the network or to this process.
import { type Creditpool, createUsageQueue } from 'creditpool/client';
import { openJournal } from 'creditpool/journal';

export interface Job {
  readonly id: string;
  readonly customer: string;
  readonly run: () => Promise<{ readonly calls: number }>;
}

export async function work(credits: Creditpool, jobs: AsyncIterable<Job>, journalFile: string): Promise<number> {
  const journal = openJournal(journalFile);
  const usage = createUsageQueue({ credits, journal });
  for await (const { id, customer, run } of jobs) {
    const { calls } = await run();
    // The job's id: told twice, it counts once.
    usage.add({ id, customer, action: 'api.call', quantities: { calls } });
  }
  await usage.close();
  journal.close();
  return usage.waiting();
}
