// Usage while nobody can be reached: kept, in order, for an hour or over a death, and sent once.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createClient, createUsageQueue, UsageQueueFull, type UsageQueueSettings } from '../../src/client/index.ts';
import { openJournal } from '../../src/journal/open-journal.ts';

let folder: string;
let isAway = true;
/** Every event that the server has taken, by how often it was told. */
const taken = new Map<string, number>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'creditpool-queue-'));
  isAway = true;
  taken.clear();
  vi.useFakeTimers({ now: new Date('2026-04-01T00:00:00Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const credits = createClient({
  baseUrl: 'http://creditpool.example',
  apiKey: 'cp_test_1',
  retries: 1,
  sleep: async () => undefined,
  fetch: async (_, init) => {
    if (isAway) throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) });
    const { events } = JSON.parse(init?.body as string) as { readonly events: readonly { readonly id: string }[] };
    for (const { id } of events) taken.set(id, (taken.get(id) ?? 0) + 1);
    const results = events.map(({ id }) =>
      id === 'bad'
        ? { id, status: 'rejected', error: { code: 'no_subscription', message: 'm' } }
        : { id, status: 'applied' },
    );
    return Response.json({ object: 'track_results', results });
  },
});

const use = (id: string) => ({ id, customer: 'ext:a', action: 'api.call', quantities: { calls: 1 } });
const queueOf = (more: Partial<UsageQueueSettings> = {}) => createUsageQueue({ credits, ...more });

test('an hour without network: each use is kept, the trouble is named, and then each counts once', async () => {
  const troubles: string[] = [];
  const queue = queueOf({ onTrouble: ({ code }) => void troubles.push(code) });
  for (let minute = 0; minute < 60; minute += 1) {
    for (let one = 0; one < 20; one += 1) queue.add(use(`u-${minute}-${one}`));
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(queue.waiting()).toBe(1_200);
  expect(new Set(troubles)).toEqual(new Set(['unreachable']));
  // Tried with growing pauses, half a minute at most.
  expect(troubles.length).toBeGreaterThan(100);
  expect(troubles.length).toBeLessThan(140);
  isAway = false;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(queue.waiting()).toBe(0);
  expect([taken.size, new Set(taken.values())]).toEqual([1_200, new Set([1])]);
});

test('when it was used is said when it is added, not when it is sent', async () => {
  const path = join(folder, 'usage');
  const queue = queueOf({ journal: openJournal(path) });
  queue.add(use('early'));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(readFileSync(path, 'utf8')).toContain('"occurred_at":"2026-04-01T00:00:00.000Z"');
});

test('what a dead process left is sent by the next one, a line that was cut off is not', async () => {
  const path = join(folder, 'usage');
  const first = openJournal(path);
  const dead = queueOf({ journal: first });
  for (const id of ['a', 'b', 'c']) dead.add(use(id));
  first.close();
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"event":{"id":"d","cus`);
  isAway = false;
  const next = queueOf({ journal: openJournal(path) });
  expect(next.waiting()).toBe(3);
  await next.close();
  expect([...taken.keys()]).toEqual(['a', 'b', 'c']);
  expect(readFileSync(path, 'utf8')).toBe('');
});

test('too much is refused by name, and what waits is kept', () => {
  const queue = queueOf({ waitingMax: 2 });
  queue.add(use('1'));
  queue.add(use('2'));
  expect(() => queue.add(use('3'))).toThrow(UsageQueueFull);
  expect(queue.waiting()).toBe(2);
});

test('one event that nobody will ever take is told of, and its neighbours go', async () => {
  isAway = false;
  const refused: string[] = [];
  const queue = queueOf({ onRefused: ({ event, code }) => void refused.push(`${event.id} ${code}`) });
  for (const id of ['good', 'bad', 'fine']) queue.add(use(id));
  await queue.flush();
  expect(refused).toEqual(['bad no_subscription']);
  expect(queue.waiting()).toBe(0);
});

test('a journal has one process at a time', () => {
  const path = join(folder, 'usage');
  const held = openJournal(path);
  expect(() => openJournal(path)).toThrow(`process ${process.pid} has this journal open`);
  held.close();
  writeFileSync(`${path}.lock`, '999999');
  openJournal(path).close();
});
