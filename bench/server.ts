// The server: the product's own router with its API keys, and beside it, with none of the product's middleware, the route
// that does nothing and the hold that everybody writes first.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';

import { createBilling } from '../src/billing.ts';
import { createLog } from '../src/log.ts';
import { naiveHolds } from './naive-holds.ts';

const [databaseUrl = '', pepper = ''] = process.argv.slice(2);

const billing = createBilling({
  databaseUrl,
  stripe: { secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' },
  webhookSecrets: [],
  apiKeyPepper: pepper,
  publicUrl: 'http://127.0.0.1:4000',
  log: createLog({ level: 'warn', to: 'stderr' }),
});
const naive = naiveHolds(databaseUrl);
const app = express().disable('x-powered-by');
app.post('/noop', express.json(), (_request, response) => {
  response.json({ object: 'nothing', done: true });
});
app.post('/naive/holds', express.json(), naive.route);

const server = createServer((request, response) => {
  if (request.url?.startsWith('/v1/') === true) billing.listener(request, response);
  else app(request, response);
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});

process.on('message', (asked: 'memory' | 'stop') => {
  if (asked === 'memory') {
    process.send?.({ peakRssKb: process.resourceUsage().maxRSS });
    return;
  }
  server.close();
  server.closeAllConnections();
  void Promise.all([billing.close(), naive.close()]).then(() => process.disconnect());
});
