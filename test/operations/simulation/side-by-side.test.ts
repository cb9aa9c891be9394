import { expect, test } from 'vitest';

import { textOf } from '../../support/api.ts';
import { hybrid, sampleCatalogue } from '../../support/catalogue.ts';
import { cloneDatabase } from '../../support/database.ts';
import { tellStory } from '../../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

/** $49 with 5 000 credits, then $0.012: worked out by hand below. */
const spring = {
  ...sampleCatalogue,
  plans: [{ ...hybrid, baseAmountMinor: 4900, includedCredits: '5000', pricePerCredit: '0.012' }],
};
const SPAN = { from: '2026-04-01T00:00:00Z', to: '2026-05-01T00:00:00Z' };

test('who would pay more under another catalogue, with the bills beside each other and what is assumed', async () => {
  const [heavy, usual, idle] = [await story.subscriber(), await story.subscriber(), await story.subscriber()];
  await story.until('2026-04-10T12:00:00Z');
  await heavy.use(12_500);
  await usual.use(9_000);
  await story.until('2026-05-02T00:00:00Z');

  const asked = { ...SPAN, catalogue: spring, catalogue_name: 'spring.ts' };
  const { status, body } = await story.call('POST', '/v1/simulations', asked);
  expect([status, body['object'], body['candidate']]).toEqual([200, 'simulation', 'spring.ts']);
  // Now 99 + 2 500 × 0.01 = 124; then 49 + 7 500 × 0.012 = 139. Now 99; then 49 + 4 000 × 0.012 = 97. Now 99; then 49.
  expect(body['data']).toMatchObject([
    { external_id: heavy.name, before_minor: 12_400, after_minor: 13_900, difference_minor: 1_500 },
    { external_id: usual.name, before_minor: 9_900, after_minor: 9_700, difference_minor: -200 },
    { external_id: idle.name, before_minor: 9_900, after_minor: 4_900, difference_minor: -5_000 },
  ]);
  expect(body['summary']).toEqual([
    { currency: 'usd', customers: 3, pay_more: 1, pay_less: 2, same: 0, before_minor: 32_200, after_minor: 28_500 },
  ]);
  expect(body['control']).toEqual({ customers: 3, equal: 3, different: [] });
  expect(body['assumptions']).toContain(
    'The newest row of the burn table for each action holds for the whole span, whenever it is to take effect.',
  );

  const page = await fetched({ ...asked, format: 'html' });
  expect(page).toContain('1 customer would pay more, 2 less and 0 the same, of 3 in USD');
  expect(page).toContain('+USD 15.00');
  expect(page).toContain('Three typical customers');
  const markdown = await fetched({ ...asked, format: 'markdown' });
  expect(markdown).toContain(`| ${heavy.name} | hybrid@1 | hybrid | USD 124.00 | USD 139.00 | **+USD 15.00** |`);
  const csv = await fetched({ ...asked, format: 'csv' });
  expect(csv.split('\r\n')[1]).toContain('usd,hybrid@1,hybrid,1,12400,13900,1500,12500,0');
});

test('under a plan that blocks, what could not be paid is told and not billed', async () => {
  const blocks = {
    ...sampleCatalogue,
    plans: [{ ...hybrid, policy: { ...hybrid.policy, zeroBalance: 'block', debtLimit: '100' } }],
  };
  const { body } = await story.call('POST', '/v1/simulations', { ...SPAN, catalogue: blocks });
  const [first] = (body['data'] as unknown as readonly { after: object }[]).filter(
    ({ after }) => 'unfunded' in after && after.unfunded !== '0',
  );
  // One event of 12 500: past the lots and the debt limit, so nothing of it is drawn.
  expect(first).toMatchObject({ after_minor: 9_900, after: { unfunded: '12500', periods: [{ credits_used: '0' }] } });
});

test('what cannot be simulated is refused, or left out with its reason', async () => {
  const refused = async (body: object): Promise<unknown> => {
    const answer = await story.call('POST', '/v1/simulations', body);
    const error = answer.body['error'] as unknown as { code: string };
    return [answer.status, error.code];
  };
  expect(await refused({ ...SPAN, plan: 'nothing-like-it' })).toEqual([404, 'unknown_plan']);
  expect(await refused({ from: SPAN.to, to: SPAN.from, plan: 'present' })).toEqual([400, 'invalid_request']);
  expect(await refused({ ...SPAN })).toEqual([400, 'invalid_request']);
  expect(await refused({ ...SPAN, plan: 'present', customer: 'cus_nobody' })).toEqual([404, 'unknown_customer']);
  const broken = { ...sampleCatalogue, plans: [{ ...hybrid, includedCredits: 'many' }] };
  expect(await refused({ ...SPAN, catalogue: broken })).toEqual([400, 'invalid_request']);
  const early = { from: '2026-04-02T00:00:00Z', to: '2026-05-01T00:00:00Z', plan: 'present' };
  const { body } = await story.call('POST', '/v1/simulations', early);
  expect(body['left_out']).toMatchObject([1, 2, 3].map(() => ({ reason: 'no whole billing period in this span' })));
});

async function fetched(body: object): Promise<string> {
  const response = await fetch(`${story.origin}/v1/simulations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${story.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(textOf(response.headers.get('content-disposition'))).toContain('bills-side-by-side-2026-04-01');
  return response.text();
}
