// Of docs/client.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const app: import('express').Express;
declare const credits: import('creditpool/client').Creditpool;
declare const openJournal: typeof import('creditpool/journal').openJournal;
import { openLease } from 'creditpool/client';

const lease = await openLease({
  credits,
  customer: 'ext:acme',
  action: 'api.call',
  block: '1000',
  journal: openJournal('/var/lib/app/lease.journal'),
});
if (!lease.spend('0.5')) throw new Error('out of credits');
void [app, credits, openJournal, lease];
export {};
