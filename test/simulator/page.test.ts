import { expect, test } from 'vitest';

import { openListener, openStage, subscribe } from './support.ts';

test('a page shows the clock, the objects, what was delivered and who called', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['customer.created'] });
  const plan = await subscribe(stage);
  await stripe.customers.update(plan.customer, { name: '<b>Ada</b>' });
  await simulator.settled();

  const front = await fetch(`${simulator.url}/_simulator`);
  expect(front.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'/);
  const page = await front.text();
  expect(page).toContain('2026-04-01 00:00:00 UTC');
  expect(page).toMatch(/customers<\/a> 1/);
  expect(page).toContain(
    `<td>customer.created</td><td>${listener.url}</td><td>acknowledged</td><td>1</td><td>200</td>`,
  );
  expect(page).toContain('<td>POST</td><td>/v1/subscriptions</td><td>200</td>');

  const [, kind = ''] = /href="(\/_simulator\/kinds\/customers)"/.exec(page) ?? [];
  const customers = await (await fetch(simulator.url + kind)).text();
  expect(customers).toContain('&lt;b&gt;Ada&lt;/b&gt;');
  const object = await (await fetch(`${simulator.url}${kind}/${plan.customer}`)).text();
  expect(object).toContain('&quot;object&quot;: &quot;customer&quot;');
  expect((await fetch(`${simulator.url}${kind}/cus_none`)).status).toBe(404);
  expect((await fetch(`${simulator.url}/_simulator/kinds/answers`)).status).toBe(404);
  expect((await fetch(`${simulator.url}/_simulator/page.css`)).headers.get('content-type')).toContain('text/css');
});
