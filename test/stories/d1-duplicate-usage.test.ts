import { expect, test } from 'vitest';

import { executeCase } from '../../src/operations/cases/execute-case.ts';
import { tendCases } from '../../src/operations/cases/tend-cases.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { query } from '../../src/storage/query.ts';
import type { Wire } from '../support/api.ts';
import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Story, type Subscriber, tellStory } from '../support/story.ts';

const prepaid = { ...hybrid, includedCredits: '0', policy: { ...samplePolicy, purchasedExpiryDays: 10 } };
const pack = { ...pack10k, pack: 'ten-days', credits: '1000', amountMinor: 1_000, expiresAfterDays: 10 };

/** A clock only goes forward: each telling has its own April. */
async function told(catalogue = sampleCatalogue) {
  const { database } = await cloneDatabase();
  const story = await tellStory(database, { catalogue });
  const agent = await story.person('agnes', 'support', 'approver');
  const lead = await story.person('lea', 'approver');
  return { database, story, agent, lead };
}
const expiring = { ...sampleCatalogue, plans: [prepaid], packs: [pack] };
const [before, expired, after] = [await told(), await told(expiring), await told()];
let keys = 0;

/** Opens and submits the case of one event that was counted twice. */
async function submitted(call: Story['call'], customer: Subscriber, use: Wire): Promise<Wire> {
  keys += 1;
  const { status, body } = await call(
    'POST',
    '/v1/cases',
    {
      customer: customer.stripeCustomer,
      kind: 'duplicate_usage',
      ticket: `SUP-${keys}`,
      usage_events: [use['usage_event']],
      outcome: { type: 'restore_credits' },
      submit: true,
    },
    `case-${keys}`,
  );
  expect(status).toBe(202);
  expect(body).toMatchObject({ state: 'waiting', limits: [{ name: 'credits_item' }] });
  return body;
}

async function grantsAtStripe({ stripe }: Story, { stripeCustomer }: Subscriber): Promise<number> {
  return (await stripe.billing.creditGrants.list({ customer: stripeCustomer, limit: 100 })).data.length;
}

test(
  'D1 Duplicate usage: 500 burned twice come back once a second person agrees, and only the meter moves at Stripe',
  { timeout: 120_000 },
  async () => {
    const { story, agent, lead } = before;
    const customer = await story.subscriber();
    await story.until('2026-04-05T12:00:00Z');
    await customer.use(500);
    const twice = await customer.use(500);
    await story.until('2026-04-06T12:00:00Z');
    const grants = await grantsAtStripe(story, customer);

    // What has no evidence is not even asked for.
    const bare = { customer: customer.stripeCustomer, kind: 'duplicate_usage', ticket: 'SUP-0', submit: true };
    const restore = { ...bare, outcome: { type: 'restore_credits' } };
    expect(await agent('POST', '/v1/cases', restore, 'bare')).toMatchObject({
      status: 422,
      body: { error: { code: 'evidence_missing', details: { missing: ['usage_events'] } } },
    });

    const asked = await submitted(agent, customer, twice);
    expect(asked).toMatchObject({ preview: { credits: { given: '500', restored: '500' }, money: null } });
    const approval = { payload_hash: asked['payload_hash'] };
    // He is an approver, too, but it is his own request.
    const own = await agent('POST', `/v1/cases/${idOf(asked)}/approve`, approval);
    expect(own).toMatchObject({ status: 403, body: { error: { code: 'own_request' } } });
    expect(await customer.balance()).toMatchObject({ available: '9000' });

    const done = await lead('POST', `/v1/cases/${idOf(asked)}/approve`, approval);
    expect(done.body).toMatchObject({ state: 'done', approval: 'approved', result: { restored: '500' } });
    expect(await customer.balance()).toMatchObject({ available: '9500' });
    expect((await customer.balance())['lots']).toHaveLength(1);

    // Twice changes nothing: the click, the saga, the job.
    const caseId = (await lead('GET', `/v1/cases/${idOf(asked)}`)).body;
    expect(await lead('POST', `/v1/cases/${idOf(asked)}/approve`, approval)).toMatchObject({ body: { state: 'done' } });
    const [row] = await query<{ id: string }>(before.database, `select case_id as id from cases where ticket = $1`, [
      caseId['ticket'] as unknown as string,
    ]);
    expect(await executeCase(story.billing.deps, row?.id ?? '')).toMatchObject({ state: 'done' });
    expect(await tendCases(story.billing.deps, { limit: 10 })).toEqual({ lapsed: 0, executed: 0 });
    expect(await customer.balance()).toMatchObject({ available: '9500' });

    await story.until('2026-05-02T00:00:00Z');
    expect(await grantsAtStripe(story, customer)).toBe(grants + 1);
    const invoice = await customer.cycleInvoice();
    const lines = invoice['lines'] as unknown as readonly { kind: string; amount_minor: number }[];
    expect(lines.find(({ kind }) => kind === 'usage')).toMatchObject({ amount_minor: 500 });
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '5',
      lots: '10000',
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      open_grants: '100',
      variances: 0,
    });
  },
);

test(
  'D1: what an expired lot had paid comes back as a restored lot, and its revenue is deferred again',
  { timeout: 120_000 },
  async () => {
    const { story, agent, lead, database } = expired;
    const customer = await story.subscriber();
    // 1 000 for $10.00, until 11 April.
    await customer.buyPack('ten-days');
    await story.until('2026-04-05T12:00:00Z');
    await customer.use(200);
    const twice = await customer.use(500);
    await story.until('2026-04-12T12:00:00Z');
    const money = async (): Promise<object> => {
      await recogniseRevenue(story.billing.deps);
      const rows = await query<{ kind: string; balance: string }>(
        database,
        `select kind, sum(balance)::text as balance from accounts where lane between 0 and 63
         and kind in ('deferred.credits', 'revenue.credits', 'revenue.breakage') group by kind`,
      );
      return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]));
    };
    // 700 used, 300 expired.
    expect(await money()).toEqual({ 'deferred.credits': '0', 'revenue.credits': '-700', 'revenue.breakage': '-300' });
    const grants = await grantsAtStripe(story, customer);

    const asked = await submitted(agent, customer, twice);
    await lead('POST', `/v1/cases/${idOf(asked)}/approve`, { payload_hash: asked['payload_hash'] });
    expect(await customer.balance()).toMatchObject({ available: '500' });
    const lots = (await customer.balance())['lots'] as unknown as readonly { source: string }[];
    expect(lots.find(({ source }) => source === 'restored')).toMatchObject({ remaining: '500' });
    await story.until('2026-04-14T00:00:00Z');
    expect(await money()).toEqual({
      'deferred.credits': '-500',
      'revenue.credits': '-200',
      'revenue.breakage': '-300',
    });
    expect(await grantsAtStripe(story, customer)).toBe(grants);

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '2',
      lots: '500',
      // 95.81 of the fee, 5.00 of the restored credits.
      deferred: '100.81',
      receivable: '0',
      cash: '208',
      open_grants: '5',
      variances: 0,
    });
  },
);

test(
  'D1: after that period was invoiced a restored lot and a grant, and the meter stays',
  { timeout: 120_000 },
  async () => {
    const { story, agent, lead } = after;
    const customer = await story.subscriber();
    await story.until('2026-04-05T12:00:00Z');
    await customer.use(500);
    const twice = await customer.use(500);
    await story.until('2026-05-02T00:00:00Z');
    const asked = await submitted(agent, customer, twice);
    const done = await lead('POST', `/v1/cases/${idOf(asked)}/approve`, { payload_hash: asked['payload_hash'] });
    expect(done.body).toMatchObject({ state: 'done', result: { restored: '500' } });
    expect(await customer.balance()).toMatchObject({ available: '10500' });
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '10',
      lots: '10500',
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      open_grants: '105',
      variances: 0,
    });
  },
);
