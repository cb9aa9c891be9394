// The examples that speak to Creditpool by its client, as a host would run them.
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { llmProxy } from '../../examples/llm-proxy.ts';
import { answersRoute } from '../../examples/next-route-handler.ts';
import { type Job, work } from '../../examples/worker.ts';
import { createClient } from '../../src/client/index.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
// The worker says when it used something by the clock on the wall.
const startsAt = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString();
const story = await tellStory(database, { startsAt });
const credits = createClient({ baseUrl: story.origin, apiKey: story.apiKey });

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a proxy charges for the tokens that it streamed', { timeout: 30_000 }, async () => {
  const model = await listen(
    createServer((_request, response) => {
      for (let token = 0; token < 1_000; token += 1) response.write('data: token\n\n');
      response.end();
    }),
  );
  const proxy = await listen(llmProxy(credits, model));
  const customer = await story.subscriber();
  const answer = await fetch(proxy, { headers: { 'x-organisation': customer.externalId } });
  expect((await answer.text()).split('token')).toHaveLength(1_001);
  // 3 credits for a thousand tokens.
  expect(await customer.balance()).toMatchObject({ available: '9997', held: '0' });
  expect((await fetch(proxy, { headers: { 'x-organisation': 'nobody' } })).status).toBe(404);
});

test(
  'a route handler charges for what was read to its end, and for nothing that was left',
  { timeout: 30_000 },
  async () => {
    const customer = await story.subscriber();
    const { POST } = answersRoute({
      credits,
      customerOf: (request) => request.headers.get('x-customer'),
      ask: async function* ask(prompt, signal) {
        for (let token = 0; token < 2_000 && !signal.aborted; token += 1) yield `${prompt} `;
      },
    });
    const asked = async (headers: Record<string, string>): Promise<Response> =>
      POST(new Request('https://app.example.com/api/answers', { method: 'POST', body: 'word', headers }));
    expect((await (await asked({ 'x-customer': `ext:${customer.externalId}` })).text()).split('word ')).toHaveLength(
      2_001,
    );
    // 3 credits for a thousand tokens.
    expect(await customer.balance()).toMatchObject({ available: '9994', held: '0' });

    const reader = (await asked({ 'x-customer': `ext:${customer.externalId}` })).body?.getReader();
    await reader?.read();
    expect(await customer.balance()).toMatchObject({ available: '9982', held: '12' });
    await reader?.cancel();
    expect(await customer.balance()).toMatchObject({ available: '9994', held: '0' });

    expect([(await asked({})).status, (await asked({ 'x-customer': 'ext:nobody' })).status]).toEqual([401, 404]);
  },
);

test('a worker counts each job once, also when it is run again', { timeout: 30_000 }, async () => {
  const customer = await story.subscriber();
  async function* jobs(): AsyncGenerator<Job> {
    for (const id of ['job-1', 'job-2']) {
      yield { id, customer: `ext:${customer.externalId}`, run: async () => ({ calls: 5 }) };
    }
  }
  const file = join(mkdtempSync(join(tmpdir(), 'creditpool-worker-')), 'usage');
  expect(await work(credits, jobs(), file)).toBe(0);
  expect(await work(credits, jobs(), file)).toBe(0);
  expect(await customer.balance()).toMatchObject({ available: '9990' });
});
