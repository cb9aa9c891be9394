// The product inside a host's process: functions of the host that are told of events, its pool, and what is left after close().
import { afterAll, describe, expect, test, vi } from 'vitest';

import { createClient } from '../../src/client/index.ts';
import { OUTGOING_EVENTS } from '../../src/contract/outgoing-events.ts';
import { type BillingHooks, createBilling, type OutgoingEvent } from '../../src/index.ts';
import { execute } from '../../src/storage/query.ts';
import { sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 60_000 });

const { database, connectionString, ownerConnectionString } = await cloneDatabase();
const [hybrid] = sampleCatalogue.plans;
if (hybrid === undefined) throw new Error('the sample catalogue has no plan');
const warnsAtHalf = {
  ...hybrid,
  policy: { ...hybrid.policy, alerts: { ...hybrid.policy.alerts, thresholdsPercent: [50] } },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [warnsAtHalf] } });
const { host, port, secretKey } = story.simulator;
const warned: object[] = [];

/** One turn of the loop in which a host's process tells its hooks. */
function hooksOf(hooks: BillingHooks): () => Promise<number> {
  const silent = (): void => undefined;
  const billing = createBilling({
    databaseUrl: connectionString,
    stripe: { secretKey, host, port, protocol: 'http' },
    webhookSecrets: [],
    apiKeyPepper: 'p',
    publicUrl: 'http://127.0.0.1',
    log: { info: silent, warn: (fields) => void warned.push(fields), error: silent },
    hooks,
  });
  afterAll(async () => billing.close());
  return async () => (await billing.jobs.works.find(({ name }) => name === 'hooks')?.turn()) ?? 0;
}

async function hasten(): Promise<void> {
  await execute(
    database,
    `update alert_deliveries set next_at = clock_timestamp(), lease_until = null
     where lane between 0 and 63 and state = 'pending'`,
  );
}

describe('hooks', () => {
  test('a paid pack, a threshold and a credit note are told to the functions that ask for them, in the contract’s words', async () => {
    const told: [string, OutgoingEvent][] = [];
    const turn = hooksOf({
      onBalanceLow: async (event) => void told.push(['low', event]),
      onTopUpComplete: (event) => void told.push(['bought', event]),
      onCreditNoteIssued: (event) => void told.push(['noted', event]),
      onEvent: (event) => void told.push(['any', event]),
    });
    expect(await turn()).toBe(0);
    const customer = await story.subscriber();
    await customer.buyPack();
    await story.clock.settle();
    await customer.use(9_000);
    const { body } = await story.call('GET', `/v1/invoices?customer=${customer.stripeCustomer}`);
    const [invoice] = body['data'] as unknown as readonly { id: string }[];
    const read = await story.call('GET', `/v1/invoices/${invoice?.id}`);
    const [line] = read.body['lines'] as unknown as readonly { id: string }[];
    const note = {
      invoice: invoice?.id,
      lines: [{ line: line?.id, amount_minor: 100 }],
      settle_as: 'customer_balance',
      reason: 'order_change',
      ticket: 'SUP-1',
    };
    const issued = await story.call('POST', '/v1/credit_notes', note, 'note-1');
    expect(issued.status).toBe(200);
    await story.clock.settle();
    while ((await turn()) > 0);
    const kinds = (who: string) => told.filter(([one]) => one === who).map(([, { type }]) => type);
    expect(kinds('bought')).toEqual(['top_up.completed']);
    expect(kinds('low')).toEqual(['balance.low']);
    expect(kinds('noted')).toEqual(['credit_note.issued']);
    for (const kind of ['top_up.completed', 'balance.low', 'credit_note.issued', 'grant.created']) {
      expect(kinds('any')).toContain(kind);
    }
    for (const [, event] of told) expect(OUTGOING_EVENTS[event.type].parse(event)).toEqual(event);
    const [, bought] = told.find(([who]) => who === 'bought') ?? [];
    expect(bought).toMatchObject({
      data: { object: { customer: { stripe: customer.stripeCustomer }, granted: '10000' } },
    });
    // Each hook is told each event once, under the same id.
    expect(new Set(told.map(([who, { id }]) => who + id)).size).toBe(told.length);
    expect(
      told
        .filter(([, { id }]) => id === bought?.id)
        .map(([who]) => who)
        .toSorted(),
    ).toEqual(['any', 'bought']);
  });

  test('one that throws is told again under the same id, then parked and shown, and told once more by hand', async () => {
    const ids: string[] = [];
    let isBroken = true;
    const turn = hooksOf({
      onTopUpComplete: async ({ id }) => {
        ids.push(id);
        if (isBroken) throw new Error('the mailer is down');
      },
    });
    await turn();
    const customer = await story.subscriber();
    await customer.buyPack();
    await story.clock.settle();
    for (let tried = 0; tried < 10; tried += 1) {
      await hasten();
      await turn();
    }
    await hasten();
    expect(await turn()).toBe(0);
    expect([ids.length, new Set(ids).size]).toEqual([10, 1]);
    expect(warned.at(-1)).toMatchObject({ hook: 'onTopUpComplete', failure: 'the mailer is down', attempts: 10 });
    const { body } = await story.call('GET', '/v1/alert_deliveries');
    const [parked] = body['data'] as unknown as readonly { id: string }[];
    expect(parked).toMatchObject({
      alert: ids[0],
      channel: 'hook',
      hook: 'onTopUpComplete',
      outcome: 'the mailer is down',
    });
    isBroken = false;
    await story.call('POST', `/v1/alert_deliveries/${parked?.id}/retry`);
    expect(await turn()).toBe(1);
    expect(ids).toHaveLength(11);
    // Credits were granted all the same.
    expect(await customer.balance()).toMatchObject({ available: '20000' });
  });

  test('the lists of what was told are paged by the client, each item once and in order', async () => {
    const credits = createClient({ baseUrl: story.origin, apiKey: story.apiKey });
    const { data: alerts } = await credits.listAlerts({ limit: 100 });
    expect(alerts.length).toBeGreaterThan(3);
    const paged: string[] = [];
    for await (const { id } of credits.each('listAlerts', { limit: 2 })) paged.push(id);
    expect(paged).toEqual(alerts.map(({ id }) => id));
    const invoices: string[] = [];
    const [customer] = alerts.flatMap(({ kind, customer: id }) =>
      kind === 'credit_note.issued' && id !== null ? [id] : [],
    );
    for await (const { id } of credits.each('listInvoices', { customer: customer ?? '', limit: 1 })) invoices.push(id);
    expect([invoices.length, new Set(invoices).size]).toEqual([2, 2]);
    const whole: object[] = [];
    for await (const endpoint of credits.each('listWebhookEndpoints')) whole.push(endpoint);
    expect(whole).toEqual([]);
  });

  test('a process that is killed in the middle of one is told again', async () => {
    const told: string[] = [];
    const turn = hooksOf({ onTopUpComplete: ({ id }) => void told.push(id) });
    await turn();
    const customer = await story.subscriber();
    await customer.buyPack();
    await story.clock.settle();
    const killed = startProcess('hook-process.ts', connectionString, host, String(port), secretKey);
    expect(await killed.ended).toBeNull();
    expect(await turn()).toBe(0);
    await hasten();
    expect(await turn()).toBe(1);
    expect(told).toEqual(killed.lines());
    expect(told).toHaveLength(1);
  });
});

test('a host lends its pool, has its session back as it was, and after close() nothing of ours is left', async () => {
  const customer = await story.subscriber();
  const { lines, ended } = startProcess(
    'host-process.ts',
    ownerConnectionString,
    host,
    String(port),
    secretKey,
    `ext:${customer.externalId}`,
  );
  // It ends by itself: nothing keeps it.
  expect(await ended).toBe(0);
  const { before, after, ...rest } = JSON.parse(lines().at(-1) ?? '{}') as Record<string, readonly unknown[]>;
  expect(after).toEqual(before);
  expect(after?.slice(1, 4)).toEqual(['7', 'none', 'pg_catalog']);
  expect(rest).toEqual({
    served: [
      [200, '1'],
      [200, '1'],
    ],
    refused: [
      [503, 'not_ready'],
      [503, 'not_ready'],
    ],
    finished: [200, '1'],
    stillOwn: [200, '1'],
    sessions: [],
    listens: [],
    left: [],
  });
  expect(await customer.balance()).toMatchObject({ available: '9996', held: '0' });
});
