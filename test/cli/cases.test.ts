// Cases on the command line, as processes of their own: two people, one database.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { textOf, type Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { runCommand } from '../support/service-process.ts';
import { STORY_PEPPER, tellStory } from '../support/story.ts';

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-cli-'));
const run = (...words: readonly string[]) =>
  runCommand(
    { CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString, API_KEY_PEPPER: STORY_PEPPER },
    ...words,
  );
afterAll(async () => rm(directory, { recursive: true }));

test('goodwill above the limit waits (exit 7) until a second person agrees', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber();
  await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${story.simulator.url}\n`);
  const employ = async (email: string, role: string): Promise<string> =>
    (await run('operators', 'set', email, '--role', role, '--reason', 'new')).stderr;
  expect(await employ('jane@example.com', 'support')).toContain('jane@example.com has support.');
  expect(await employ('lea@example.com', 'approver')).toContain('approver');
  const file = join(directory, 'goodwill.json');
  const outcome = { type: 'adjust_future_usage', credits: '300' };
  const asked = { customer: customer.stripeCustomer, kind: 'goodwill', ticket: 'SUP-1', outcome, submit: true };
  await writeFile(file, JSON.stringify(asked));

  const jane = ['--as', 'jane@example.com'];
  const opened = await run('cases', 'open', file, '--key', 'SUP-1', '--json', ...jane);
  expect(opened).toMatchObject({ exitCode: 7, stderr: '' });
  const one = JSON.parse(opened.stdout) as { id: string; payload_hash: string; state: string };
  expect(one).toMatchObject({ state: 'waiting' });
  const waiting = await run('cases', 'list', '--state', 'waiting', ...jane);
  expect(waiting.stdout).toMatch(/case_\w+ +waiting +goodwill +SUP-1 .* credits_item/);

  const agree = ['cases', 'approve', one.id, '--hash', one.payload_hash];
  expect(await run(...agree, ...jane)).toMatchObject({ exitCode: 4 });
  const approved = await run(...agree, '--as', 'lea@example.com', '--json');
  expect(JSON.parse(approved.stdout)).toMatchObject({ state: 'done', approver: 'lea@example.com' });
  expect(await run('cases', 'undo', one.id, ...jane, '--json')).toMatchObject({ exitCode: 0 });

  // A key for Jane acts as Jane; a key of its own asks and never agrees.
  const made = await run('keys', 'create', 'desk', '--scope', 'support', '--operator', 'jane@example.com');
  const [hers, its] = [made.stdout.trim(), story.apiKey];
  const call = async (key: string, method: string, path: string, body?: object) => {
    const response = await fetch(story.origin + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'SUP-2' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Wire };
  };
  const { body: second } = await call(hers, 'POST', '/v1/cases', { ...asked, ticket: 'SUP-2' });
  expect(second).toMatchObject({ requester: 'jane@example.com', state: 'waiting' });
  const path = `/v1/cases/${textOf(second['id'])}`;
  const hash = { payload_hash: second['payload_hash'] };
  const notPermitted = { status: 403, body: { error: { code: 'not_permitted' } } };
  for (const [step, body] of [
    ['approve', hash],
    ['refuse', { comment: 'no' }],
  ] as const) {
    expect(await call(hers, 'POST', `${path}/${step}`, body)).toMatchObject(notPermitted);
    expect(await call(its, 'POST', `${path}/${step}`, body)).toMatchObject(notPermitted);
  }
  const alone = { approvals: 'single_operator', reason: 'a key cannot decide that' };
  expect(await call(its, 'POST', '/v1/approval_rules', alone)).toMatchObject(notPermitted);
});
