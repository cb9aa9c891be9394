import { expect, test } from 'vitest';

import { runDueWork } from '../../src/jobs/due-work.ts';
import { startLoops } from '../../src/jobs/loops.ts';
import { NO_OBSERVER } from '../../src/telemetry/observer.ts';
import { cloneDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

const { database } = await cloneDatabase();

test('work that one kind causes another is done before it ends', async () => {
  let inbox = 2;
  let outbox = 0;
  const turns: string[] = [];
  await runDueWork(
    [
      {
        name: 'outbox',
        turn: async () => {
          turns.push('outbox');
          return outbox > 0 ? outbox-- : 0;
        },
      },
      {
        name: 'inbox',
        turn: async () => {
          if (inbox === 0) return 0;
          inbox -= 1;
          outbox += 1;
          return 1;
        },
      },
    ],
    async () => undefined,
  );
  expect([inbox, outbox]).toEqual([0, 0]);
  expect(turns.length).toBeGreaterThanOrEqual(4);
});

test('work that never ends is named', async () => {
  const restless = [{ name: 'relay', turn: async () => 1 }];
  await expect(runDueWork(restless, async () => undefined)).rejects.toThrow('does not come to rest: relay');
});

test('a loop that fails goes on, a wake-up cuts its pause short, and stopping waits for the turn', async () => {
  let turns = 0;
  const loops = startLoops({ ...testDeps(database), observer: NO_OBSERVER }, [
    {
      name: 'inbox',
      everyMs: 60_000,
      turn: async () => {
        turns += 1;
        return false;
      },
    },
  ]);
  await expect.poll(() => turns).toBe(1);
  loops.wake('inbox');
  await expect.poll(() => turns).toBe(2);
  loops.wake('nobody');
  await loops.stop(60_000);
  expect(turns).toBe(2);
});

test('stopping does not wait for ever: a run of an hour is left to who takes it up', async () => {
  const { promise: never } = Promise.withResolvers<boolean>();
  const endless = { name: 'finance jobs', everyMs: 60_000, turn: async () => never };
  const loops = startLoops({ ...testDeps(database), observer: NO_OBSERVER }, [endless]);
  await expect(loops.stop(20)).resolves.toBeUndefined();
});
