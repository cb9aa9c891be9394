import { expect, onTestFinished, test } from 'vitest';

import { startSimulator } from '../../src/simulator/simulator.ts';
import { stampOnce } from '../../src/storage/deployment.ts';
import { clientOf } from '../simulator/support.ts';
import { startApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();
await stampOnce(database, { account: 'acct_simulator', livemode: false, sandbox: true });
const secrets: string[] = [];
const api = await startApi({ database }, { webhookSecrets: secrets });

test('while a webhook secret is rolled, the former one, the new one and both of them are taken; later only the new one', async () => {
  const simulator = await startSimulator();
  onTestFinished(async () => simulator.close());
  await simulator.advanceTo(new Date('2026-04-01T00:00:00Z'));
  const stripe = clientOf(simulator);
  const { id, secret: former = '' } = await stripe.webhookEndpoints.create({
    url: `${api.origin}/v1/webhooks/stripe`,
    enabled_events: ['customer.created'],
  });
  const rolled = await fetch(`${simulator.url}/_simulator/webhook_endpoints/${id}/roll`, { method: 'POST' });
  const { secret } = (await rolled.json()) as { secret: string };
  /** The answer to a webhook while these are configured. */
  const answered = async (...configured: readonly string[]): Promise<unknown> => {
    secrets.splice(0, secrets.length, ...configured);
    await stripe.customers.create();
    await simulator.settled();
    const deliveries: unknown = await (await fetch(`${simulator.url}/_simulator/deliveries`)).json();
    return (deliveries as { status: number }[]).at(-1)?.status;
  };
  expect(await answered(former)).toBe(200);
  expect(await answered(former, secret)).toBe(200);
  expect(await answered(secret)).toBe(200);
  await simulator.advanceTo(new Date('2026-04-02T00:00:00Z'));
  expect(await answered(former)).toBe(400);
  expect(await answered(former, secret)).toBe(200);
});
