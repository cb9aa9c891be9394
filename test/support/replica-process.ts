// One more replica of a story's service, in a process of its own: the same database and Stripe, its own executor.
import express from 'express';

import { assembleBilling, assembleDeps } from '../../src/billing.ts';
import { openHttpServer } from '../../src/sandbox/http-server.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';

const [, , connectionString = '', host = '', port = '', secretKey = '', pepper = ''] = process.argv;
const db = openDatabase({ connectionString, poolSize: 4 });
const silent = (): void => undefined;
const deps = assembleDeps({
  db,
  stripe: connectStripe({ secretKey, host, port: Number(port), protocol: 'http' }),
  log: { info: silent, warn: silent, error: console.error },
});
const http = await openHttpServer({ host: '127.0.0.1', port: 0 });
const billing = assembleBilling(deps, {
  livemode: false,
  pepper,
  webhookSecrets: [],
  publicUrl: http.origin,
  nightlyCron: '0 3 * * *',
});
http.serve(express().use(billing.router));
process.stdout.write(`${http.origin}\n`);
process.once('SIGTERM', () => {
  void http
    .stop(1_000)
    .then(async () => billing.close())
    .then(async () => db.destroy());
});
