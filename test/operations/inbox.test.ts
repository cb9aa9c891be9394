import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';

import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { guardDraft } from '../../src/operations/guard-drafts.ts';
import { receiveStripeEvent } from '../../src/operations/receive-stripe-event.ts';
import { replayStripeEvent } from '../../src/operations/replay-stripe-event.ts';
import { stampDeployment } from '../../src/operations/stamp-deployment.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { execute, query } from '../../src/storage/query.ts';
import { finishStripeEvents, leaseStripeEvents, storeStripeEvents } from '../../src/storage/stripe-events.ts';
import type { Handlers, Mirror } from '../../src/stripe/events.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { webhookRegistry } from '../../webhooks/index.ts';
import { cloneDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { stripeEvent } from '../support/stripe-events.ts';

const { database } = await cloneDatabase();
const simulator = await startSimulator();
const { host, port, secretKey } = simulator;
const deps: Deps = { ...testDeps(database), stripe: connectStripe({ secretKey, host, port, protocol: 'http' }) };
await stampDeployment(deps, { livemode: false, sandbox: true });

const { webhooks } = new Stripe('sk_test_tests');
let events = 0;

async function store(type: string): Promise<string> {
  events += 1;
  const eventId = `evt_${events}`;
  await storeStripeEvents(database, [stripeEvent({ eventId, type, objectId: `obj_${events}` })], 'webhook');
  return eventId;
}

async function stateOf(eventId: string) {
  const [row] = await query<{ state: string; attempts: number; outcome: string | null }>(
    database,
    `select state, attempts, outcome from stripe_events where event_id = $1`,
    [eventId],
  );
  return row;
}

async function allDue(): Promise<void> {
  await execute(database, `update stripe_events set next_at = clock_timestamp() where state = 'received'`);
}

function webhook(more: object): { rawBody: string; signature: string; secrets: string[]; receivedAt: Date } {
  const receivedAt = new Date();
  const rawBody = JSON.stringify({ id: 'evt_hook', type: 'invoice.created', livemode: false, created: 1, ...more });
  const timestamp = Math.floor(receivedAt.getTime() / 1000);
  const header = webhooks.generateTestHeaderString({ payload: rawBody, secret: 'whsec_a', timestamp });
  return { rawBody, signature: header, secrets: ['whsec_a'], receivedAt };
}

describe('receiving', () => {
  test('an event is stored once, whoever brings it again', async () => {
    const hook = webhook({ id: 'evt_twice', type: 'customer.created', data: { object: { id: 'cus_1' } } });
    expect(await receiveStripeEvent(deps, hook)).toEqual({
      eventId: 'evt_twice',
      type: 'customer.created',
      isNew: true,
    });
    expect(await receiveStripeEvent(deps, hook)).toMatchObject({ isNew: false });
    const stored = await query(
      database,
      `select payload::text as body from stripe_events where event_id = 'evt_twice'`,
    );
    expect(stored, 'character by character as it was signed').toEqual([{ body: hook.rawBody }]);
  });

  test.for([
    ['forged', (hook: ReturnType<typeof webhook>) => ({ ...hook, signature: 't=1,v1=00' }), 'signature_invalid'],
    ['of live mode', () => webhook({ id: 'evt_no', livemode: true }), 'wrong_mode'],
    ['of another account', () => webhook({ id: 'evt_no', account: 'acct_other' }), 'wrong_account'],
  ] as const)('what is %s is refused and not stored', async ([, change, code]) => {
    expect(await receiveStripeEvent(deps, change(webhook({ id: 'evt_no' })))).toMatchObject({ rejected: { code } });
    expect(await stateOf('evt_no')).toBeUndefined();
  });

  test('a new draft of a cycle is answered only when it is guarded; again at each delivery', async () => {
    const guarded: string[] = [];
    const guard = async (_deps: Deps, invoiceId: string): Promise<void> => {
      guarded.push(invoiceId);
      if (guarded.length === 1) throw new Error('Stripe is away');
    };
    const cycle = webhook({ id: 'evt_c', data: { object: { id: 'in_c', billing_reason: 'subscription_cycle' } } });
    await expect(receiveStripeEvent(deps, cycle, guard)).rejects.toThrow('Stripe is away');
    expect(await receiveStripeEvent(deps, cycle, guard)).toMatchObject({ isNew: false });
    const first = webhook({ id: 'evt_f', data: { object: { id: 'in_f', billing_reason: 'subscription_create' } } });
    await receiveStripeEvent(deps, first, guard);
    expect(guarded).toEqual(['in_c', 'in_c']);
  });

  test('a thin event does not say of which kind a new draft is: it is guarded before the answer, too', async () => {
    const guarded: string[] = [];
    const guard = async (_deps: Deps, invoiceId: string): Promise<void> => {
      guarded.push(invoiceId);
    };
    const thin = webhook({ id: 'evt_thin', type: 'v1.invoice.created', related_object: { id: 'in_t' } });
    await receiveStripeEvent(deps, thin, guard);
    await receiveStripeEvent(
      deps,
      webhook({ id: 'evt_o', type: 'v1.invoice.paid', related_object: { id: 'in_t' } }),
      guard,
    );
    expect(guarded).toEqual(['in_t']);
  });

  test('a draft that was deleted before its news came is nothing to guard, and the news is answered', async () => {
    const gone = webhook({ id: 'evt_gone', type: 'v1.invoice.created', related_object: { id: 'in_gone' } });
    expect(await receiveStripeEvent(deps, gone, guardDraft)).toMatchObject({ isNew: true });
    await execute(
      database,
      `update stripe_events set state = 'ignored' where event_id in ('evt_gone', 'evt_thin', 'evt_o')`,
    );
  });
});

describe('applying', () => {
  test('an unknown type is ignored, and never lost', async () => {
    const id = await store('toString');
    await applyStripeEvents(deps, {}, { limit: 100 });
    expect(await stateOf(id)).toMatchObject({ state: 'ignored' });
  });

  test('poison is tried eight times with pauses, then parked; its neighbours are applied at once', async () => {
    const poison = await store('poison');
    const good = await store('good');
    let tries = 0;
    const registry: Handlers<Deps> = {
      poison: async () => {
        tries += 1;
        throw new Error('cannot be read');
      },
      good: async () => ({ applied: 'well' }),
    };
    await applyStripeEvents(deps, registry, { limit: 100 });
    expect(await stateOf(good)).toMatchObject({ state: 'applied', outcome: 'well' });
    const pause = await query<{ waits: boolean }>(
      database,
      `select next_at > clock_timestamp() as waits from stripe_events where event_id = $1`,
      [poison],
    );
    expect(pause).toEqual([{ waits: true }]);
    for (let round = 0; round < 10; round += 1) {
      await allDue();
      await applyStripeEvents(deps, registry, { limit: 100 });
    }
    expect(tries).toBe(8);
    expect(await stateOf(poison)).toMatchObject({ state: 'parked', outcome: 'cannot be read' });
    expect(await replayStripeEvent(deps, poison)).toBe(true);
    await applyStripeEvents(deps, { poison: async () => ({ applied: 'now' }) }, { limit: 100 });
    expect(await stateOf(poison)).toMatchObject({ state: 'applied', outcome: 'now' });
  });

  test('while Stripe is away an event waits and is never parked', async () => {
    const id = await store('away');
    const nowhere = connectStripe({ secretKey: 'sk_test_x', host: '127.0.0.1', port: 9, protocol: 'http' });
    const registry: Handlers<Deps> = {
      away: async () => ({ applied: (await nowhere.customers.retrieve('cus_1')).id }),
    };
    for (let round = 0; round < 10; round += 1) {
      await allDue();
      await applyStripeEvents(deps, registry, { limit: 100 });
    }
    expect(await stateOf(id)).toMatchObject({ state: 'received', attempts: 10 });
    await applyStripeEvents(deps, {}, { limit: 100 });
    await execute(database, `update stripe_events set state = 'ignored' where event_id = $1`, [id]);
  });

  test('events about one thing that wait together cost one look at it', async () => {
    const looks: string[] = [];
    const thing: Mirror<Deps> = {
      idOf: ({ invoiceId }) => invoiceId,
      look: async ({ id, types, since }) => {
        looks.push(`${id} ${[...types].toSorted().join('+')} ${since.getTime()}`);
        return { applied: id };
      },
    };
    const came = [
      stripeEvent({ eventId: 'evt_a1', type: 'made', createdAt: new Date(2_000), invoiceId: 'a' }),
      stripeEvent({ eventId: 'evt_a2', type: 'changed', createdAt: new Date(1_000), invoiceId: 'a' }),
      stripeEvent({ eventId: 'evt_b', type: 'changed', createdAt: new Date(3_000), invoiceId: 'b' }),
      stripeEvent({ eventId: 'evt_none', type: 'changed', createdAt: new Date(3_000) }),
    ];
    for (const event of came) await storeStripeEvents(database, [event], 'gap_filler');
    const registry = { made: thing, changed: thing };
    expect(await applyStripeEvents(deps, registry, { limit: 100 })).toMatchObject({ applied: 3, ignored: 1 });
    expect(looks.toSorted()).toEqual(['a changed+made 1000', 'b changed 3000']);
    expect(await stateOf('evt_a1')).toMatchObject({ state: 'applied', outcome: 'a' });
  });

  test('customers whose events wait together are written together; where one cannot be, he alone is tried again', async () => {
    const names = ['Acme', 'no\u0000name', 'Coil'];
    const made: string[] = [];
    for (const name of names) made.push((await deps.stripe.customers.create({ name })).id);
    const came = made.map((id, at) =>
      stripeEvent({ eventId: `evt_together_${at}`, type: 'customer.created', objectId: id, stripeCustomerId: id }),
    );
    await storeStripeEvents(database, came, 'gap_filler');
    expect(await applyStripeEvents(deps, webhookRegistry, { limit: 100 })).toMatchObject({ applied: 2, postponed: 1 });
    const states = await Promise.all(came.map(async ({ eventId }) => (await stateOf(eventId))?.state));
    expect(states).toEqual(['applied', 'received', 'applied']);
    const mirrored = await query(database, `select name from customers where lane between 0 and 63 order by name`);
    expect(mirrored).toEqual([{ name: 'Acme' }, { name: 'Coil' }]);
    await execute(database, `update stripe_events set state = 'ignored' where event_id = 'evt_together_1'`);
  });

  test('what waited for Stripe to come back is written together again, apart from what is new', async () => {
    const made: string[] = [];
    for (const name of ['Dyne', 'Ergo', 'Farad', 'Gauss']) made.push((await deps.stripe.customers.create({ name })).id);
    const came = made.map((id, at) =>
      stripeEvent({ eventId: `evt_again_${at}`, type: 'customer.created', objectId: id, stripeCustomerId: id }),
    );
    await storeStripeEvents(database, came, 'gap_filler');
    await execute(database, `update stripe_events set attempts = 2 where event_id in ('evt_again_0', 'evt_again_1')`);
    const written: number[] = [];
    const watch = ({ sql, bindings }: { sql: string; bindings: readonly unknown[] }): void => {
      if (sql.startsWith('insert into customers ')) written.push((bindings[0] as readonly unknown[]).length);
    };
    database.on('query', watch);
    expect(await applyStripeEvents(deps, webhookRegistry, { limit: 100 })).toMatchObject({ applied: 4 });
    database.removeListener('query', watch);
    expect(written).toEqual([2, 2]);
  });

  test('two workers never have one event, and one that lost its lease cannot finish it', async () => {
    const id = await store('leased');
    const [first] = await leaseStripeEvents(database, { limit: 100, leaseSeconds: 60 });
    expect(await leaseStripeEvents(database, { limit: 100, leaseSeconds: 60 })).toEqual([]);
    await execute(database, `update stripe_events set lease_until = clock_timestamp() where event_id = $1`, [id]);
    const [second] = await leaseStripeEvents(database, { limit: 100, leaseSeconds: 60 });
    if (first === undefined || second === undefined) throw new Error('nothing was leased');
    expect([first.eventId, second.eventId]).toEqual([id, id]);
    expect(await finishStripeEvents(database, [{ event: first, state: 'applied', outcome: 'late' }])).toBe(0);
    expect(await finishStripeEvents(database, [{ event: second, state: 'applied', outcome: 'mine' }])).toBe(1);
    expect(await stateOf(id)).toMatchObject({ state: 'applied', outcome: 'mine', attempts: 2 });
  });
});

describe('the stamp', () => {
  test('the same account and mode start again; another is refused with the fix', async () => {
    expect(await stampDeployment(deps, { livemode: false, sandbox: true })).toMatchObject({
      account: 'acct_simulator',
    });
    expect(await stampDeployment(deps, { livemode: false, sandbox: false })).toMatchObject({
      rejected: { code: 'wrong_mode', message: expect.stringContaining('DATABASE_URL') as string },
    });
    const other = await startSimulator({ accountId: 'acct_other' });
    const stripe = connectStripe({ secretKey: other.secretKey, host: other.host, port: other.port, protocol: 'http' });
    const answer = await stampDeployment({ ...deps, stripe }, { livemode: false, sandbox: true });
    await other.close();
    await simulator.close();
    expect(answer).toMatchObject({
      rejected: { code: 'wrong_account', message: expect.stringContaining('STRIPE_SECRET_KEY') as string },
    });
  });
});
