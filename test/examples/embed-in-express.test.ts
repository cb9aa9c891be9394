import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { hostApp } from '../../examples/embed-in-express.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

const { database, connectionString } = await cloneDatabase();
const story = await tellStory(database);

test('a host app charges for a route, and the customer sees it', { timeout: 30_000 }, async () => {
  // Before the host's own jobs run: they would take the sign-up's events from the story, which then does not wait for them.
  const customer = await story.subscriber();
  const { host, port, secretKey } = story.simulator;
  const silent = (): void => undefined;
  const { app, close } = hostApp({
    databaseUrl: connectionString,
    stripe: { secretKey, host, port, protocol: 'http' },
    webhookSecrets: [],
    apiKeyPepper: 'a pepper of the host',
    publicUrl: 'http://127.0.0.1',
    log: { info: silent, warn: silent, error: console.error },
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const report = async (organisation: string): Promise<number> =>
    (await fetch(`${origin}/reports`, { method: 'POST', headers: { 'x-organisation': organisation } })).status;
  expect(await report(customer.externalId)).toBe(201);
  expect(await report('nobody')).toBe(404);
  expect(await customer.balance()).toMatchObject({ available: '9980' });
  expect((await fetch(`${origin}/billing/readyz`)).status).toBe(200);
  server.closeAllConnections();
  server.close();
  await close();
});
