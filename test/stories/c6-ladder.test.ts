import { expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import type { Wire } from '../support/api.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const warned = { ...samplePolicy, alerts: { ...samplePolicy.alerts, thresholdsPercent: [75, 90] } };
const catalogue = {
  ...sampleCatalogue,
  plans: [{ ...hybrid, policy: warned }],
  words: { 'llm.complete': 'a completion', 'api.call': 'an API call', 'report.generate': 'a report' },
};
const story = await tellStory(database, { catalogue });
const { stripe } = story;

interface Row {
  readonly row: string;
  readonly state: string;
  readonly fix: string | null;
}

test('C6 Ladder: nothing moves below enforce, and up it goes only through the gate', { timeout: 120_000 }, async () => {
  const olga = await story.person('olga', 'owner');
  const fred = await story.person('fred', 'finance');
  const customer = await story.subscriber();
  const action = async (): Promise<Wire> => {
    const { body } = await story.call('GET', '/v1/launch?actions=api.call');
    const found = (body['actions'] as unknown as readonly Wire[]).find((each) => each['action'] === 'api.call');
    if (found === undefined) throw new Error('the ladder does not show api.call');
    return found;
  };
  const up = async (more: object = {}) =>
    olga('POST', '/v1/launch/promotions', { actions: ['api.call'], reason: 'launch', ...more });
  const failing = (reply: Wire): readonly string[] =>
    ((reply['error'] as unknown as Wire)['details'] as unknown as readonly Row[]).map(({ row }) => row);

  // A key that acts for nobody may not, and fred, who may, takes calls down to the first rung.
  const down = { actions: ['api.call'], to: 'observe', reason: 'meter first' };
  expect((await fred('POST', '/v1/launch/demotions', down)).status).toBe(200);
  await story.until('2026-04-05T12:00:00Z');

  // observe: more than there is, and no balance moves.
  expect(await customer.use(10_500)).toMatchObject({ status: 'observed', credits: '10500', balance: '10000' });
  expect(await customer.balance()).toMatchObject({ available: '10000', overage: '0', debt: '0' });
  const asked = { customer: customer.stripeCustomer, action: 'api.call', quantities: { calls: 20_000 } };
  expect((await story.call('POST', '/v1/check', asked)).body).toMatchObject({
    allowed: true,
    cost: '20000',
    mode: 'observe',
    would_refuse: null,
  });
  expect(await action()).toMatchObject({ mode: 'observe', uses_beside_the_books: 1, shadow: null });

  // One rung at a time.
  expect(await up({ to: 'enforce' })).toMatchObject({ status: 409, body: { error: { code: 'mode_not_next' } } });
  expect((await up()).status).toBe(200);
  expect(await action()).toMatchObject({ mode: 'shadow' });

  // shadow: five reports draw 100 for real; 12 500 calls would draw the other 9 900 and 2 600 of overage.
  for (let reports = 0; reports < 5; reports += 1) await customer.use(0, { action: 'report.generate', quantities: {} });
  expect(await customer.use(6_250)).toMatchObject({ status: 'shadowed', credits: '6250', balance: '9900' });
  const held = await story.call('POST', '/v1/holds', { ...asked, quantities: { calls: 6_250 } }, 'hold');
  expect(held).toMatchObject({ status: 200, body: { amount: '6250', held: '0', reserves: false, balance: '9900' } });
  const captured = await story.call('POST', `/v1/holds/${held.body['id'] as unknown as string}/capture`, {}, 'take');
  expect(captured.body).toMatchObject({ state: 'captured', captured: '6250', balance: '9900' });
  expect(await customer.balance()).toMatchObject({ available: '9900', held: '0', overage: '0', debt: '0' });
  expect(await action()).toMatchObject({
    shadow: { uses: 2, would_draw: '9900', would_be_overage: '2600', would_be_debt: '0', would_be_refused: '0' },
  });
  // The same use again is the same use.
  await customer.use(1, { id: 'once' });
  expect(await customer.use(1, { id: 'once' })).toMatchObject({ status: 'duplicate' });

  // enforce waits for its rows: too few uses, no cost known, one person for what takes two, nothing reconciled, no date.
  const early = await up({ to: 'enforce' });
  expect(early).toMatchObject({ status: 422, body: { error: { code: 'gate_not_passed' } } });
  expect(failing(early.body)).toEqual(['metering', 'margin', 'overhead', 'variances', 'review']);
  await story.person('ada', 'approver');
  for (let uses = 0; uses < 17; uses += 1) await customer.use(1);
  expect((await story.call('POST', '/v1/reconciliations', { full: true })).body).toMatchObject({ unexplained: 0 });
  expect(failing((await up({ to: 'enforce', review_on: '2026-10-01' })).body)).toEqual(['margin']);
  const signature = { row: 'margin', reason: 'calls cost us a fixed fee, see the contract' };
  expect((await story.call('POST', '/v1/launch/sign_offs', signature)).status).toBe(403);
  expect((await fred('POST', '/v1/launch/sign_offs', signature)).body).toMatchObject({ signed_by: 'fred' });

  // Somebody archives a price: a difference that nobody has explained.
  const { items } = await stripe.subscriptions.retrieve(customer.subscription);
  const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered')?.price.id ?? '';
  await stripe.prices.update(metered, { active: false });
  await story.call('POST', '/v1/reconciliations', { full: true });
  expect(failing((await up({ to: 'enforce', review_on: '2026-10-01' })).body)).toEqual(['variances']);
  await stripe.prices.update(metered, { active: true });
  await story.call('POST', '/v1/reconciliations', { full: true });

  const done = await up({ to: 'enforce', review_on: '2026-10-01' });
  expect(done).toMatchObject({
    status: 200,
    body: { next: null, review: { review_on: '2026-10-01', set_by: 'olga', overdue: false } },
  });
  const [step] = await query<{ gate: readonly Row[] }>(
    database,
    `select gate from mode_changes where mode = 'enforce'`,
    [],
  );
  expect(step?.gate.map(({ row, state }) => `${row} ${state}`)).toEqual([
    'value_metric pass',
    'metering pass',
    'margin signed',
    'transparency pass',
    'overhead pass',
    'rule_overage pass',
    'rule_expiry pass',
    'rule_rollover pass',
    'variances pass',
    'review pass',
  ]);

  // Now it counts: of what was only watched nothing comes back.
  expect(await customer.use(300)).toMatchObject({ status: 'applied', credits: '300', balance: '9600' });
  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    invoice: '99',
    credits_applied: '4',
    lots: '10000',
    deferred: '95.81',
    receivable: '0',
    cash: '198',
    open_grants: '100',
    variances: 0,
  });
});
