// Of docs/client.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const log: import('pino').Logger;
declare const app: import('express').Express;
declare const credits: import('creditpool/client').Creditpool;
import { createUsageQueue } from 'creditpool/client';
import { openJournal } from 'creditpool/journal';

const queue = createUsageQueue({
  credits,
  journal: openJournal('/var/lib/app/usage.journal'),
  onTrouble: (error) => log.warn(error.message),
});
queue.add({ customer: 'ext:acme', action: 'api.call', quantities: { calls: 1 } });
void [log, app, credits, queue];
export {};
