// What models cost, what their provider asks for, and who uses what nobody registered. Dollars a million tokens.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { runCommand } from '../support/service-process.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-margin-'));
const run = async (...words: readonly string[]) =>
  runCommand({ CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString }, ...words);
let customer: Subscriber;

beforeAll(async () => {
  customer = await story.subscriber();
});
afterAll(async () => rm(directory, { recursive: true }));

const priceOf = (effectiveFrom: string, input: string, output: string) => ({
  model: 'text-1',
  provider: 'acme',
  effectiveFrom,
  prices: [
    { unit: 'input_tokens', amount: input, each: 1_000_000 },
    { unit: 'output_tokens', amount: output, each: 1_000_000 },
  ],
});
const [january, eleventh] = ['2026-01-01T00:00:00Z', '2026-04-11T00:00:00Z'];
const costInApril = async () => {
  const { body } = await story.call('GET', '/v1/reports/margin?by=model&from=2026-04');
  return Object.fromEntries(
    (body['data'] as unknown as { model: string; cost: string }[]).map(({ model, cost }) => [model, cost]),
  );
};
const complete = (provider: object, at?: string) =>
  customer.use(0, {
    action: 'llm.complete',
    quantities: { input_tokens: 1_000_000 },
    provider,
    ...(at !== undefined && { at }),
  });

test('a price counts from its day on, and a correction moves nothing that is stored', async () => {
  const list = { currency: 'usd', models: [priceOf(january, '0.15', '0.60'), priceOf(eleventh, '0.30', '1.20')] };
  expect((await story.call('POST', '/v1/model_prices', list)).body).toMatchObject({ pushed: true, corrected: 0 });
  expect((await story.call('POST', '/v1/model_prices', list)).body).toMatchObject({ pushed: false, added: [] });
  await story.until('2026-04-10T12:00:00Z');
  await complete({ name: 'acme', model: 'text-1', key: 'prod' });
  await story.until('2026-04-12T12:00:00Z');
  await complete({ name: 'acme', model: 'text-1', key: 'prod' });
  expect(await costInApril()).toEqual({ 'text-1': '0.45' });

  const corrected = { currency: 'usd', models: [priceOf(january, '1.5', '6'), priceOf(eleventh, '0.30', '1.20')] };
  expect((await story.call('POST', '/v1/model_prices', corrected)).body).toMatchObject({ pushed: true, corrected: 1 });
  expect(await costInApril()).toEqual({ 'text-1': '0.45' });
  // What comes in from now on is costed by what is known now, and its own provider's word needs no price.
  await complete({ name: 'acme', model: 'text-1', key: 'prod' }, '2026-04-10T13:00:00Z');
  await story.until('2026-04-13T12:00:00Z');
  await complete({ name: 'acme', model: 'embed-1', key: 'prod', cost: { amount: '0.02', currency: 'usd' } });
  expect(await costInApril()).toEqual({ 'text-1': '1.95', 'embed-1': '0.02' });
  const bad = { currency: 'usd', models: [{ model: 'text-1', effectiveFrom: january }] };
  expect(await story.call('POST', '/v1/model_prices', bad)).toMatchObject({
    status: 422,
    body: { error: { code: 'lint_failed', details: [{ path: 'models[0]', code: 'no_price' }] } },
  });
});

test(
  'a bill finds $5.00 that no use told of, $0.10 too much, and a use that nobody was asked for',
  { timeout: 120_000 },
  async () => {
    const file = join(directory, 'april.csv');
    const errors = join(directory, 'bad.csv');
    const good = [
      '2026-04-10,text-1,prod,1.65',
      '2026-04-12,text-1,prod,4e-1',
      '2026-04-12,text-9,rogue,5.00',
      '2026-04-13,,,0',
    ];
    const options = [
      '--provider',
      'acme',
      '--map',
      'day=Date,model=Model,key="API key",amount=Cost',
      '--currency',
      'usd',
    ];
    await writeFile(file, ['Date,Model,API key,Cost', ...good, 'yesterday,text-1,prod,1'].join('\n'));
    const refused = await run('bill', 'import', file, ...options, '--errors', errors);
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('line 6: day: must be a day')]);
    expect(await readFile(errors, 'utf8')).toContain('yesterday,text-1,prod,1');
    await writeFile(file, ['Date,Model,API key,Cost', ...good].join('\n'));
    expect((await run('bill', 'import', file, ...options, '--dry-run')).stderr).toContain('Nothing was changed.');
    expect((await story.call('GET', '/v1/provider_bills')).body).toMatchObject({ data: [] });
    expect((await run('bill', 'import', file, ...options)).stderr).toContain('4 lines of acme');
    expect((await run('bill', 'import', file, ...options)).stderr).toContain('imported before');
    expect((await story.call('GET', '/v1/provider_bills')).body).toMatchObject({
      data: [{ lines: 4, name: 'april.csv' }],
    });

    const gap = await run('bill', 'gap', '--provider', 'acme', '--from', '2026-04-01', '--to', '2026-04-30', '--json');
    expect(gap.exitCode).toBe(3);
    const { data, sums } = JSON.parse(gap.stdout) as { data: object[]; sums: object[] };
    expect(data).toEqual([
      expect.objectContaining({
        day: '2026-04-12',
        model: 'text-1',
        kind: 'differs',
        billed: '0.4',
        told: '0.3',
        gap: '0.1',
      }),
      expect.objectContaining({
        day: '2026-04-12',
        model: 'text-9',
        key: 'rogue',
        kind: 'cost_without_usage',
        gap: '5',
      }),
      expect.objectContaining({
        day: '2026-04-13',
        model: 'embed-1',
        kind: 'usage_without_cost',
        told: '0.02',
        uses: 1,
      }),
    ]);
    expect(sums).toContainEqual({ currency: 'usd', kind: 'agrees', rows: 2, gap: '0' });
  },
);

test('a model that only the bill names is found once, told once, and refused once it is blocked', async () => {
  const decide = async (kind: string, name: string, state: string, call = story.call) =>
    call('PUT', '/v1/registered_uses', { kind, name, state, owner: 'ml', reason: 'by the review of April' });
  const look = async () => (await story.call('POST', '/v1/shadow_findings/look', {})).body['found'];
  expect(await look()).toEqual([]);
  await decide('model', 'text-1*', 'registered');
  await decide('key', 'prod', 'registered');
  expect(await look()).toEqual([
    { kind: 'key', name: 'rogue' },
    { kind: 'model', name: 'embed-1' },
    { kind: 'model', name: 'text-9' },
  ]);
  expect(await look()).toEqual([]);
  const { body: alerts } = await story.call('GET', '/v1/alerts?kind=shadow.found');
  expect(alerts['data']).toHaveLength(3);
  expect(alerts['data']).toContainEqual(
    expect.objectContaining({
      customer: null,
      data: expect.objectContaining({ name: 'text-9', cost: '5 usd' }) as object,
    }),
  );

  const person = await story.person('vera', 'viewer');
  expect((await decide('model', 'embed-1', 'registered', person)).status).toBe(403);
  await decide('model', 'embed-1', 'registered');
  await decide('model', 'text-9', 'blocked');
  const { body: found } = await story.call('GET', '/v1/shadow_findings');
  expect(found['data']).toMatchObject([
    { name: 'rogue', state: 'open', owner: null },
    { name: 'embed-1', state: 'acknowledged', owner: 'ml', uses: 1, costs: [{ amount: '0.02' }] },
    { name: 'text-9', state: 'blocked', uses: 0, costs: [{ via: 'provider_bill', amount: '5' }], customer: null },
  ]);

  const question = { customer: customer.stripeCustomer, action: 'llm.complete', quantities: { input_tokens: 1_000 } };
  const named = { ...question, provider: { model: 'text-9' } };
  expect((await story.call('POST', '/v1/check', named)).body).toMatchObject({
    allowed: false,
    reason: { code: 'use_blocked' },
  });
  expect((await story.call('POST', '/v1/check', { ...question, dimensions: { model: 'text-9' } })).body).toMatchObject({
    allowed: false,
  });
  expect((await story.call('POST', '/v1/check', question)).body).toMatchObject({ allowed: true });
  expect(await story.call('POST', '/v1/holds', named, 'blocked')).toMatchObject({
    status: 403,
    body: { error: { code: 'use_blocked', details: { owner: 'ml' } } },
  });
  // What ran is stored all the same, and seen.
  expect(await complete({ model: 'text-9' })).toMatchObject({ status: 'applied' });
  await decide('member', 'mallory', 'blocked');
  expect((await story.call('POST', '/v1/check', { ...question, member: 'mallory' })).body).toMatchObject({
    allowed: false,
    reason: { code: 'use_blocked' },
  });
  expect((await run('shadow', 'list', '--state', 'open')).exitCode).toBe(3);
  expect((await run('shadow', 'register', 'key', 'rogue', '--owner', 'ops', '--reason', 'a test key')).exitCode).toBe(
    0,
  );
  expect((await run('shadow', 'list', '--state', 'open')).exitCode).toBe(0);
});

test('a later bill for the same days takes the place of the earlier one', async () => {
  const line = (model: string, amount: string) => ({ day: '2026-04-12', model, key: 'prod', amount, currency: 'usd' });
  const bill = { provider: 'acme', name: 'corrected', lines: [line('text-1', '0.30')] };
  expect((await story.call('POST', '/v1/provider_bills', bill)).body).toMatchObject({ state: 'imported' });
  expect((await story.call('POST', '/v1/provider_bills', bill)).body).toMatchObject({ state: 'imported_before' });
  const { body } = await story.call('GET', '/v1/provider_bills/gap?provider=acme&from=2026-04-10&to=2026-04-12');
  expect(body).toMatchObject({ data: [], sums: [{ kind: 'agrees', rows: 2, gap: '0' }] });
});
