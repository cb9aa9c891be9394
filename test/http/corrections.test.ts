// Putting usage right, over HTTP: late usage by policy, amendments, backfills, quarantine.
import fc from 'fast-check';
import nock from 'nock';
import pg from 'pg';
import { describe, expect, test } from 'vitest';

import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { query } from '../../src/storage/query.ts';
import { startApi, textOf, type Wire } from '../support/api.ts';
import { balances, metered, openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { ratedActions, ratedPlans } from '../support/rated-actions.ts';
import { packInvoice } from '../support/requests.ts';

nock.restore();

const { database, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database, { plans: ratedPlans, burnTable: ratedActions });
const api = await startApi({ database });

const TICKET = { reason: 'the queue was down', ticket: 'OPS-7' };

/** A use of `api.call`: one credit a call. */
const calls = (customer: Pick<Subscriber, 'name'>, count: number, more: object = {}) => ({
  id: newId(),
  customer: customer.name,
  action: 'api.call',
  quantities: { calls: count },
  ...more,
});
const track = async (...events: readonly object[]) => (await api.call('POST', '/v1/track', { events })).body;
const trackKept = async (...events: readonly object[]) =>
  (await api.call('POST', '/v1/track', { events, on_error: 'quarantine' })).body;
const resultsOf = (body: Wire): readonly Wire[] => body['results'] as readonly Wire[];
const balanceOf = async (customer: Subscriber) =>
  (await api.call('GET', `/v1/customers/${customer.name}/balance`)).body;
const backfill = (events: readonly object[], dryRun = false) =>
  api.call('POST', '/v1/backfills', { dry_run: dryRun, ...TICKET, events }, { key: api.keys.finance });
const idsOf = (body: Wire, field: string): string[] => resultsOf(body).map((result) => textOf(result[field]));

/** Each request has an id of its own. */
const withoutRequest = (body: Wire): object =>
  JSON.parse(JSON.stringify(body), (key, value: unknown) => (key === 'request_id' ? undefined : value)) as object;

describe('usage of a period that was cut off', () => {
  const inApril = { occurred_at: '2026-04-30T22:00:00Z' };

  test('is paid by the next period and marked as what it belongs to, where the plan says so', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    await books.at('2026-05-03T09:00:00Z');
    expect(resultsOf(await track(calls(customer, 50, inApril)))).toMatchObject([
      { status: 'applied', balance: '1950' },
    ]);
    expect(await metered(database, customer)).toEqual(['0', '50']);
    expect(
      await query(
        database,
        `select belongs_to::text as month, actor from journal_entries
         where lane = $1 and customer_id = $2 and kind = 'usage.burn'`,
        [customer.lane, customer.customerId],
      ),
    ).toEqual([{ month: '2026-04-01', actor: 'api' }]);
  });

  test('lands in the open month when its own month is closed, also before the cut-off, and names it', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    await track(calls(customer, 10));
    await books.at('2026-05-01T00:30:00Z');
    const owner = new pg.Client({ connectionString: ownerConnectionString });
    await owner.connect();
    await owner.query(`insert into accounting_periods values ('2026-04-01', '2026-05-01T00:20:00Z', 'controller')`);
    try {
      expect(resultsOf(await track(calls(customer, 50, inApril)))).toMatchObject([{ status: 'applied' }]);
      // April's lots pay it, since it came before the cut-off.
      expect(await metered(database, customer)).toEqual(['60', '0']);
      await books.at('2026-05-01T00:46:00Z');
      await track(calls(customer, 1));
      expect(
        await query(
          database,
          `select kind, effective_at as at, belongs_to::text as month from journal_entries
           where lane = $1 and customer_id = $2 and recorded_at >= '2026-05-01' and kind in ('usage.burn', 'lot.expired')
           order by recorded_at, kind`,
          [customer.lane, customer.customerId],
        ),
      ).toEqual([
        { kind: 'usage.burn', at: new Date('2026-05-01T00:30:00Z'), month: '2026-04-01' },
        { kind: 'lot.expired', at: new Date('2026-05-01T00:00:00Z'), month: null },
        { kind: 'usage.burn', at: new Date('2026-05-01T00:46:00Z'), month: null },
      ]);
    } finally {
      await owner.query(`delete from accounting_periods`);
      await owner.end();
    }
  });

  test('is refused where the plan says so, until the cut-off it is not; a backfill brings it in', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('prompt');
    await books.at('2026-05-01T00:30:00Z');
    expect(resultsOf(await track(calls(customer, 50, inApril)))).toMatchObject([{ status: 'applied' }]);
    await books.at('2026-05-03T09:00:00Z');
    const late = calls(customer, 50, inApril);
    expect(resultsOf(await track(late))).toMatchObject([
      {
        status: 'rejected',
        error: {
          code: 'usage_too_late',
          param: 'events.0.occurred_at',
          message:
            'The period of 2026-04-30T22:00:00.000Z was cut off, and the plan refuses late usage. Send it as a backfill if it shall be paid now.',
        },
      },
    ]);
    expect((await backfill([late])).body).toMatchObject({ data: [{ used_in: '2026-04', credits: '50' }] });
    expect(await metered(database, customer)).toEqual(['50', '50']);
  });
});

describe('an amendment', () => {
  const amend = (id: string, customer: Subscriber, change: object) =>
    api.call(
      'POST',
      `/v1/usage_events/${id}/amend`,
      { customer: customer.name, reason: 'counted twice', ticket: 'T-9', ...change },
      { key: api.keys.support },
    );
  const used = async (event: object): Promise<string> => idsOf(await track(event), 'usage_event')[0] ?? '';

  test('undoes the event and records what it should have said: 500 become 200, and 300 come back', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const id = await used(calls(customer, 500));
    const { status, body } = await amend(id, customer, { quantities: { calls: 200 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'usage_amendment',
      reversal: { restored: '500', overage: '0' },
      status: 'applied',
      credits: '200',
      balance: '1800',
    });
    expect(await metered(database, customer)).toEqual(['200']);
    const linked = await query(
      database,
      `select e.action, e.quantities, a.source from usage_events e
       join usage_events a on a.lane = e.lane and a.customer_id = e.customer_id and a.amends = e.usage_event_id
       where e.lane = $1 and a.lane = $1 and e.customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    expect(linked).toEqual([{ action: 'api.call', quantities: { calls: '500' }, source: 'amendment' }]);
  });

  test('leaves what the right event would have left, had it come first', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const count = fc.nat({ max: 3000 });
    await fc.assert(
      fc.asyncProperty(count, fc.integer({ min: 1, max: 3000 }), count, async (before, wrong, right) => {
        const [amended, told] = [await books.subscribe('wrapper'), await books.subscribe('wrapper')];
        await track(calls(amended, before), calls(told, before), calls(told, right));
        await amend(await used(calls(amended, wrong)), amended, { quantities: { calls: right } });
        expect(await metered(database, amended)).toEqual(await metered(database, told));
        expect(await balances(database, amended)).toEqual(await balances(database, told));
      }),
      { numRuns: 15 },
    );
  });

  test('takes overage off before lots, and the next amendment is of what stands now', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const id = await used(calls(customer, 2500));
    const first = await amend(id, customer, { quantities: { calls: 2100 } });
    expect(first.body).toMatchObject({ reversal: { restored: '2000', overage: '500' }, credits: '2100', balance: '0' });
    expect(await balances(database, customer)).toMatchObject({ overage: '-100' });
    expect(await amend(id, customer, { quantities: { calls: 1 } })).toMatchObject({
      status: 409,
      body: { error: { code: 'already_reversed' } },
    });
    const second = await amend(textOf(first.body['usage_event']), customer, { quantities: { calls: 100 } });
    expect(second.body).toMatchObject({ credits: '100', balance: '1900' });
    expect(await metered(database, customer)).toEqual(['100']);
  });

  test('may say that the outcome was another one: nothing was paid, now 20 are', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const ticket = { id: newId(), customer: customer.name, action: 'ticket.resolve', quantities: {} };
    const id = await used({ ...ticket, dimensions: { outcome: 'escalated' } });
    const amended = await amend(id, customer, { dimensions: { outcome: 'resolved' } });
    expect(amended.body).toMatchObject({ reversal: null, credits: '20', balance: '1980' });
    expect((await amend(id, customer, { dimensions: { outcome: 'resolved' } })).status).toBe(409);
  });

  test('is rated by the row in force when it happened, also a day after the price went up', async () => {
    await books.at('2026-06-10T09:00:00Z');
    const customer = await books.subscribe('wrapper', {
      startsAt: new Date('2026-06-10T00:00:00Z'),
      endsAt: new Date('2026-07-10T00:00:00Z'),
    });
    const id = await used(calls(customer, 500));
    await books.at('2026-07-02T09:00:00Z');
    const before = await amend(id, customer, { quantities: { calls: 300 } });
    expect(before.body).toMatchObject({ credits: '300' });
    const after = await amend(textOf(before.body['usage_event']), customer, { occurred_at: '2026-07-01T00:00:00Z' });
    expect(after.body).toMatchObject({ credits: '600', balance: '1400' });
  });

  test('that would be refused changes nothing', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const id = await used(calls(customer, 500));
    const wrong = await amend(id, customer, { action: 'image.make', dimensions: { size: 'xl' }, quantities: {} });
    expect([wrong.status, wrong.body['error']?.['code']]).toEqual([422, 'no_rate_for_dimensions']);
    expect(await balanceOf(customer)).toMatchObject({ available: '1500' });
  });

  test.for<[string, (id: string) => string, object, number, string]>([
    ['an id that is none', () => 'usage_7', { quantities: {} }, 404, 'unknown_usage_event'],
    [
      'an event of nobody',
      () => 'usage_01kadkbf2te3w8t9z1c1cmsyh8',
      { quantities: { calls: 1 } },
      404,
      'unknown_usage_event',
    ],
    ['nothing to amend', (id) => id, {}, 400, 'invalid_request'],
    ['no ticket', (id) => id, { quantities: { calls: 1 }, ticket: '' }, 400, 'invalid_request'],
  ])('is refused for %s', async ([, idOf, change, status, code]) => {
    const customer = await books.subscribe('wrapper');
    const answer = await amend(idOf(await used(calls(customer, 1))), customer, change);
    expect([answer.status, answer.body['error']?.['code']]).toEqual([status, code]);
  });

  test('of usage that nobody has paid takes it off the pool: 301 of 300 become 299, and the rest may run again', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('deploys');
    const id = await used(calls(customer, 301));
    const question = { customer: customer.name, action: 'api.call', quantities: { calls: 1 } };
    expect((await api.call('POST', '/v1/check', question)).body).toMatchObject({ reason: { code: 'pool_unfunded' } });
    const amended = await amend(id, customer, { quantities: { calls: 299 } });
    expect(amended.body).toMatchObject({
      reversal: { unfunded: '301', restored: '0', entry: null },
      status: 'applied',
      balance: '1',
    });
    expect((await api.call('POST', '/v1/check', question)).body).toMatchObject({ allowed: true });
    expect((await amend(id, customer, { quantities: { calls: 1 } })).status).toBe(409);
  });

  test('of usage that a pack has paid since gives the credits back to the lots that paid', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('deploys');
    const id = await used(calls(customer, 350));
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-10T08:00:00Z'));
    expect(await balanceOf(customer)).toMatchObject({ available: '9950' });
    const amended = await amend(id, customer, { quantities: { calls: 50 } });
    expect(amended.body).toMatchObject({ reversal: { restored: '350', unfunded: '0' }, balance: '10250' });
    expect(await metered(database, customer)).toEqual(['50']);
  });

  test('pays what waited behind, once the usage that was too much is undone', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('deploys');
    const [wrong, right] = [await used(calls(customer, 4000)), await used(calls(customer, 350))];
    const behind = await used(calls(customer, 20));
    const undo = (id: string) =>
      api.call(
        'POST',
        `/v1/usage_events/${id}/reverse`,
        { customer: customer.name, ...TICKET },
        { key: api.keys.support },
      );
    expect((await undo(wrong)).body).toMatchObject({ unfunded: '4000', entry: null });
    expect(await balanceOf(customer)).toMatchObject({ available: '280' });
    expect((await undo(right)).body).toMatchObject({ unfunded: '350' });
    expect((await undo(behind)).body).toMatchObject({ restored: '20', unfunded: '0' });
    expect(await balanceOf(customer)).toMatchObject({ available: '300' });
  });
});

describe('a backfill', () => {
  const of = (customer: Subscriber, count: number, at: string, id = newId()) =>
    calls(customer, count, { id, occurred_at: at });

  test('says in a dry run what it would burn, by customer, paying period and month of use, and changes nothing', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const [one, two] = [await books.subscribe('wrapper'), await books.subscribe('deploys')];
    const events = [
      of(one, 1500, '2025-11-05T12:00:00Z'),
      of(one, 700, '2026-03-05T12:00:00Z'),
      of(one, 10, '2026-04-02T12:00:00Z'),
      of(two, 200, '2026-04-02T12:00:00Z'),
      of(two, 150, '2026-04-03T12:00:00Z'),
    ];
    const period = { starts_at: '2026-04-01T00:00:00.000Z', ends_at: '2026-05-01T00:00:00.000Z' };
    const rehearsed = (await backfill(events, true)).body;
    expect(rehearsed).toMatchObject({ object: 'backfill', dry_run: true, duplicates: 0, rejected: 0 });
    const lines = rehearsed['data'] as readonly Wire[];
    expect(lines.filter(({ customer }) => textOf(customer) === one.name)).toMatchObject([
      { period, used_in: '2025-11', events: 1, credits: '1500', overage: '0' },
      { period, used_in: '2026-03', events: 1, credits: '700', overage: '200' },
      { period, used_in: '2026-04', events: 1, credits: '10', overage: '10' },
    ]);
    expect(lines.filter(({ customer }) => textOf(customer) === two.name)).toMatchObject([
      { period, used_in: '2026-04', events: 1, credits: '200', unfunded_events: 1, unfunded_credits: '150' },
    ]);
    expect(await balanceOf(one)).toMatchObject({ available: '2000', overage: '0' });
    const real = (await backfill(events)).body;
    expect(real).toEqual({ ...rehearsed, dry_run: false });
    expect(await balanceOf(one)).toMatchObject({ available: '0', overage: '210' });
    expect(await metered(database, one)).toEqual(['2210']);
    expect((await backfill(events)).body).toMatchObject({ data: [], duplicates: 5 });
  });

  test('does what its dry run said, whatever it brings in', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customers = [
      await books.subscribe('wrapper'),
      await books.subscribe('deploys'),
      await books.subscribe('chat'),
    ];
    const use = fc.record({
      customer: fc.constantFrom(...customers.map(({ name }) => name), 'ext:nobody'),
      action: fc.constantFrom('api.call', 'page.render', 'ticket.resolve', 'no.such'),
      count: fc.nat({ max: 900 }),
      outcome: fc.constantFrom('resolved', 'escalated'),
      day: fc.constantFrom('2025-12-31', '2026-03-15', '2026-03-31', '2026-04-01', '2026-04-10', '2026-04-11'),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    });
    const counted: Readonly<Record<string, string>> = { 'api.call': 'calls', 'page.render': 'pages' };
    await fc.assert(
      fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 12 }), async (uses) => {
        const run = newId();
        const events = uses.map(({ customer, action, count, outcome, day, id }) => ({
          id: `${run}/${id}`,
          customer,
          action,
          quantities: counted[action] === undefined ? {} : { [counted[action]]: count },
          dimensions: { outcome },
          occurred_at: `${day}T08:00:00Z`,
        }));
        const said = withoutRequest((await backfill(events, true)).body);
        expect({ ...withoutRequest((await backfill(events)).body), dry_run: true }).toEqual(said);
      }),
      { numRuns: 25 },
    );
  });

  test('marks what Stripe no longer takes with its month and dates it now; the entries name who and why', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    await backfill([of(customer, 5, '2025-11-05T12:00:00Z'), of(customer, 5, '2026-04-02T12:00:00Z')]);
    const entries = await query(
      database,
      `select belongs_to::text as month, effective_at as at, actor, reason from journal_entries
       where lane = $1 and customer_id = $2 and kind = 'usage.burn' order by belongs_to`,
      [customer.lane, customer.customerId],
    );
    const cause = { actor: 'key:finance', reason: 'backfill: the queue was down (OPS-7)' };
    expect(entries).toEqual([
      { month: '2025-11-01', at: new Date('2026-04-10T09:00:00Z'), ...cause },
      { month: null, at: new Date('2026-04-02T12:00:00Z'), ...cause },
    ]);
  });

  test('of a yearly period too: what is older than 35 days belongs to its month', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper', { startsAt: new Date('2026-01-01T00:00:00Z') });
    await backfill([of(customer, 5, '2026-01-20T12:00:00Z')]);
    expect(
      await query(
        database,
        `select belongs_to::text as month from journal_entries
         where lane = $1 and customer_id = $2 and kind = 'usage.burn'`,
        [customer.lane, customer.customerId],
      ),
    ).toEqual([{ month: '2026-01-01' }]);
    expect(await metered(database, customer)).toEqual(['5']);
  });

  test('sees what was tracked live as a duplicate, and goes on where it stopped', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const events = Array.from({ length: 6 }, () => of(customer, 1, '2026-04-02T12:00:00Z'));
    await track(...events.slice(0, 2));
    await backfill(events.slice(1, 4));
    expect((await backfill(events, true)).body).toMatchObject({ duplicates: 4, data: [{ events: 2, credits: '2' }] });
    expect((await backfill(events)).body).toMatchObject({ duplicates: 4, data: [{ events: 2, credits: '2' }] });
    expect(await balanceOf(customer)).toMatchObject({ available: '1994' });
  });

  test.for([true, false])('reads each event on its own (dry run: %s)', async (dryRun) => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const undated = calls(customer, 1);
    const answer = await backfill(
      [
        undated,
        of(customer, 1, '2026-04-02T12:00:00Z'),
        of({ ...customer, name: 'ext:nobody' }, 1, '2026-04-02T12:00:00Z'),
        { ...of(customer, 1, '2026-04-02T12:00:00Z'), action: 'no.such' },
        of(customer, 1, '2026-04-10T10:00:00Z'),
        of(customer, 1, '2019-04-02T12:00:00Z'),
      ],
      dryRun,
    );
    expect(answer.body).toMatchObject({
      rejected: 5,
      data: [{ events: 1 }],
      errors: [
        { index: 0, id: undated.id, error: { code: 'invalid_request', param: 'events.0.occurred_at' } },
        { index: 2, error: { code: 'unknown_customer' } },
        { index: 3, error: { code: 'unknown_action' } },
        { index: 4, error: { code: 'occurred_in_future' } },
        { index: 5, error: { code: 'unknown_action' } },
      ],
    });
  });

  test('has a reason, a ticket, a thousand events at most, and a key that may', async () => {
    const customer = await books.subscribe('wrapper');
    const event = of(customer, 1, '2026-04-02T12:00:00Z');
    const send = (body: object, key = api.keys.finance) => api.call('POST', '/v1/backfills', body, { key });
    const asked = { dry_run: true, ...TICKET, events: [event] };
    expect((await send({ ...asked, reason: '' })).body['error']).toMatchObject({ param: 'reason' });
    expect((await send({ ...asked, ticket: undefined })).body['error']).toMatchObject({ param: 'ticket' });
    expect((await send({ ...asked, dry_run: undefined })).body['error']).toMatchObject({ param: 'dry_run' });
    const many = Array.from({ length: 1001 }, () => event);
    expect((await send({ ...asked, events: many })).body['error']).toMatchObject({ param: 'events' });
    expect((await send(asked, api.keys.ingest)).status).toBe(403);
  });
});

describe('quarantine', () => {
  const act = (id: string, verb: 'release' | 'discard', body: object) =>
    api.call('POST', `/v1/quarantine/${id}/${verb}`, body, { key: api.keys.support });
  const read = async (id: string) => (await api.call('GET', `/v1/quarantine/${id}`)).body;

  test('takes a bad event of a batch only when the sender asks for it; its neighbours are stored', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const bad = calls(customer, 1, { action: 'api.cal' });
    const refused = await track(calls(customer, 1), bad);
    expect(refused).toMatchObject({ applied: 1, rejected: 1, quarantined: 0 });
    const kept = await trackKept(calls(customer, 1), bad, calls(customer, 1));
    expect(kept).toMatchObject({ applied: 2, rejected: 0, quarantined: 1 });
    expect(resultsOf(kept)[1]).toMatchObject({
      id: bad.id,
      status: 'quarantined',
      quarantined_event: expect.stringMatching(/^quar_/) as string,
      error: { code: 'unknown_action', param: 'events.1.action' },
    });
    expect(await read(textOf(resultsOf(kept)[1]?.['quarantined_event']))).toMatchObject({
      object: 'quarantined_event',
      state: 'waiting',
      event_id: bad.id,
      source: 'api',
      body: bad,
      fault: { code: 'unknown_action' },
      attempts: 1,
      received_at: '2026-04-10T09:00:00.000Z',
    });
    expect(await balanceOf(customer)).toMatchObject({ available: '1997' });
  });

  const customerOf = (name: string) => ({ name });
  test.for<[string, object, string]>([
    ['an unknown customer', calls(customerOf('ext:unheard-of'), 1), 'quarantined'],
    ['a customer that is none', { ...calls(customerOf('x'), 1), customer: 7 }, 'quarantined'],
    ['a quantity below zero', calls(customerOf('ext:unheard-of'), -1), 'quarantined'],
    ['a field that we do not know', calls(customerOf('ext:unheard-of'), 1, { colour: 'red' }), 'quarantined'],
    ['no id to know it by', { ...calls(customerOf('ext:unheard-of'), 1), id: 7 }, 'rejected'],
    ['text that no database keeps', calls(customerOf('ext:unheard-of'), 1, { member: 'a\u0000b' }), 'rejected'],
    ['half a character', calls(customerOf('ext:unheard-of'), 1, { member: '\uD83D' }), 'rejected'],
    ['too much of it', calls(customerOf('ext:unheard-of'), 1, { colour: 'x'.repeat(20_001) }), 'rejected'],
    ['no object at all', [7], 'rejected'],
  ])('of an event with %s', async ([, event, status]) => {
    expect(resultsOf(await trackKept(event))).toMatchObject([{ status }]);
  });

  test('does not take what is wrong for good: the future, an id that was used for something else', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const event = calls(customer, 1);
    await track(event);
    const answer = await trackKept(
      { ...event, quantities: { calls: 2 } },
      calls(customer, 1, { occurred_at: '2026-04-11T00:00:00Z' }),
    );
    expect(resultsOf(answer)).toMatchObject([
      { status: 'rejected', error: { code: 'usage_event_conflict' } },
      { status: 'rejected', error: { code: 'occurred_in_future' } },
    ]);
  });

  test('releases an event that was put right, as of when it came, and the row says how', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const bad = calls(customer, 3, { action: 'api.cal' });
    const [id = ''] = idsOf(await trackKept(bad), 'quarantined_event');
    await books.at('2026-04-12T09:00:00Z');
    const again = await act(id, 'release', {});
    expect([again.status, again.body['error']?.['code']]).toEqual([422, 'unknown_action']);
    expect(await read(id)).toMatchObject({ state: 'waiting', attempts: 2, tried_at: '2026-04-12T09:00:00.000Z' });
    const wrong = await act(id, 'release', { event: { ...bad, action: 'api.call', quantities: { call: 3 } } });
    expect(wrong.body['error']).toMatchObject({ code: 'invalid_request', param: 'call' });
    expect(await read(id)).toMatchObject({ attempts: 3, fixed_body: { quantities: { call: 3 } } });
    const fixed = { ...bad, action: 'api.call' };
    expect((await act(id, 'release', { event: { ...fixed, id: newId() } })).body['error']).toMatchObject({
      param: 'id',
    });
    const released = await act(id, 'release', { event: fixed });
    expect(released).toMatchObject({
      status: 200,
      body: { state: 'released', status: 'applied', credits: '3', balance: '1997' },
    });
    const [occurred] = await query<{ at: Date }>(
      database,
      `select occurred_at as at from usage_events where lane = $1 and customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    expect(occurred?.at).toEqual(new Date('2026-04-10T09:00:00Z'));
    expect(await read(id)).toMatchObject({
      state: 'released',
      attempts: 4,
      fixed_body: fixed,
      settled_by: 'key:support',
      usage_event: released.body['usage_event'],
    });
    expect((await act(id, 'release', {})).body['error']).toMatchObject({ code: 'quarantine_settled' });
    expect(resultsOf(await track(fixed))).toMatchObject([{ status: 'duplicate' }]);
  });

  test('releases an event as it came once its customer is known', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('wrapper');
    const early = calls(customerOf('ext:not-yet-here'), 2);
    const [id = ''] = idsOf(await trackKept(early), 'quarantined_event');
    expect((await act(id, 'release', {})).status).toBe(404);
    const event = { ...early, customer: customer.name };
    expect((await act(id, 'release', { event })).body).toMatchObject({ status: 'applied', credits: '2' });
  });

  test('takes an event that costs more than its plan believes, until a person says that it is right', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('careful');
    expect(resultsOf(await track(calls(customer, 100)))).toMatchObject([{ status: 'applied', balance: '1900' }]);
    const [refused] = resultsOf(await track(calls(customer, 101)));
    expect(refused).toMatchObject({
      status: 'rejected',
      error: { code: 'implausible_usage', details: { credits: '101', most: '100' } },
    });
    expect(await balanceOf(customer)).toMatchObject({ available: '1900' });
    const event = calls(customer, 1_000);
    const [id = ''] = idsOf(await trackKept(event), 'quarantined_event');
    expect((await act(id, 'release', {})).body).toMatchObject({ status: 'applied', credits: '1000', balance: '900' });
    expect((await backfill([calls(customer, 500, { occurred_at: '2026-04-09T09:00:00Z' })])).body).toMatchObject({
      rejected: 0,
    });
    expect(await balanceOf(customer)).toMatchObject({ available: '400' });
  });

  test('counts the same bad event once, with its newest body', async () => {
    const bad = calls(customerOf('ext:unheard-of'), 1);
    const [first] = idsOf(await trackKept(bad, bad), 'quarantined_event');
    const [second = ''] = idsOf(await trackKept({ ...bad, quantities: { calls: 2 } }), 'quarantined_event');
    expect(second).toBe(first);
    expect(await read(second)).toMatchObject({ attempts: 2, body: { quantities: { calls: 2 } } });
  });

  test('discards with a reason, and lists each state', async () => {
    const [id = ''] = idsOf(await trackKept(calls(customerOf('ext:unheard-of'), 1)), 'quarantined_event');
    expect((await act(id, 'discard', {})).body['error']).toMatchObject({ param: 'reason' });
    const discarded = await act(id, 'discard', { reason: 'a test by mistake' });
    expect(discarded.body).toMatchObject({
      state: 'discarded',
      reason: 'a test by mistake',
      settled_by: 'key:support',
    });
    expect((await act(id, 'discard', { reason: 'again' })).status).toBe(409);
    expect((await act(id, 'release', {})).status).toBe(409);
    const listed = async (state: string) =>
      (await api.call('GET', `/v1/quarantine?state=${state}&limit=100`)).body['data'] as readonly Wire[];
    expect((await listed('discarded')).map((event) => event['id'])).toContain(id);
    expect((await listed('waiting')).map((event) => event['id'])).not.toContain(id);
    expect((await api.call('GET', '/v1/quarantine?limit=1')).body).toMatchObject({ has_more: true });
  });

  test('knows no other ids', async () => {
    for (const id of ['quar_7', 'quar_01kadkbf2te3w8t9z1c1cmsyh8']) {
      expect((await api.call('GET', `/v1/quarantine/${id}`)).status).toBe(404);
      expect((await act(id, 'release', {})).body['error']).toMatchObject({ code: 'unknown_quarantined_event' });
      expect((await act(id, 'discard', { reason: 'x' })).status).toBe(404);
    }
  });
});
