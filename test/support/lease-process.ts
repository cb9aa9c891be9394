// Spends from a lease as fast as it can and says each credit once it was granted; tests kill it.
// `ORIGIN KEY CUSTOMER JOURNAL [COUNT]`: without a count it never stops.
import { writeSync } from 'node:fs';

import { createClient, openLease } from '../../src/client/index.ts';
import { openJournal } from '../../src/journal/open-journal.ts';

const [baseUrl = '', apiKey = '', customer = '', path = '', count = 'Infinity'] = process.argv.slice(2);
const lease = await openLease({
  credits: createClient({ baseUrl, apiKey }),
  customer,
  action: 'api.call',
  block: '500',
  everyMs: 20,
  journal: openJournal(path),
});
writeSync(1, 'ready\n');
for (let spent = 0; spent < Number(count);) {
  if (lease.spend('1')) {
    spent += 1;
    writeSync(1, 'spent\n');
  }
  if (spent % 25 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
}
await lease.close();
