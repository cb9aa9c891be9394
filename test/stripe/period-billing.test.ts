import { describe, expect, test } from 'vitest';

import { connectStripe } from '../../src/stripe/gateway.ts';
import { billingOfPeriod, type EndedPeriod } from '../../src/stripe/period-billing.ts';
import { advance, idOf, openStage, type Plan, type Stage, subscribe, use } from '../simulator/support.ts';

/** What Stripe is asked of a period that ended in April, after what somebody did to the subscription on the 16th. */
const LIVES: readonly (readonly [
  lived: string,
  live: (stage: Stage, plan: Plan) => Promise<unknown>,
  billing: string,
])[] = [
  ['it goes on: its cycle is not over', async () => undefined, 'may come: Stripe has not ended its cycle'],
  [
    'it was cancelled without an invoice',
    async ({ stripe }, { subscription }) => stripe.subscriptions.cancel(subscription),
    'never',
  ],
  [
    'it was cancelled with one',
    async ({ stripe }, { subscription }) => stripe.subscriptions.cancel(subscription, { invoice_now: true }),
    'invoiced',
  ],
  [
    'that one was voided',
    async ({ stripe }, { subscription }) => {
      await stripe.subscriptions.update(subscription, { collection_method: 'send_invoice', days_until_due: 7 });
      await stripe.subscriptions.cancel(subscription, { invoice_now: true });
      const { data } = await stripe.invoices.list({ subscription, limit: 1 });
      const id = idOf(data[0]);
      if (data[0]?.status === 'draft') await stripe.invoices.finalizeInvoice(id);
      await stripe.invoices.voidInvoice(id);
    },
    'never',
  ],
  [
    'the price was taken off it, its use on the next invoice',
    async (stage, plan) => takenOff(stage, plan, 'create_prorations'),
    'may come: an invoice item asks for its use',
  ],
  ['the price was taken off it, and its use let fall', async (stage, plan) => takenOff(stage, plan, 'none'), 'never'],
  ['the customer was deleted', async ({ stripe }, { customer }) => stripe.customers.del(customer), 'never'],
];

async function takenOff(
  { stripe }: Stage,
  { subscription, usage }: Plan,
  behaviour: 'create_prorations' | 'none',
): Promise<void> {
  const { items } = await stripe.subscriptions.retrieve(subscription);
  const metered = items.data.find(({ price }) => price.id === usage);
  const changed = { items: [{ id: metered?.id ?? '', deleted: true }] };
  await stripe.subscriptions.update(subscription, { ...changed, proration_behavior: behaviour });
}

async function ask({ simulator }: Stage, plan: Plan, other: Partial<EndedPeriod> = {}): Promise<string> {
  const { host, port, secretKey } = simulator;
  const billing = await billingOfPeriod(connectStripe({ secretKey, host, port, protocol: 'http' }), {
    stripeCustomerId: plan.customer,
    subscriptionId: plan.subscription,
    meteredPriceId: plan.usage,
    startsAt: new Date('2026-04-01T00:00:00Z'),
    endsAt: new Date('2026-04-16T00:00:00Z'),
    ...other,
  });
  return billing.kind === 'may come' ? `may come: ${billing.because}` : billing.kind;
}

describe('Stripe is asked whether it bills a period', () => {
  test.for(LIVES)('%s', async ([, live, billing]) => {
    await using stage = await openStage();
    const plan = await subscribe(stage);
    await advance(stage, plan.clock, '2026-04-10T00:00:00Z');
    await use(stage, plan, 12_500_000, '2026-04-09T00:00:00Z');
    await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
    await live(stage, plan);
    await advance(stage, plan.clock, '2026-04-20T00:00:00Z');
    expect(await ask(stage, plan)).toBe(billing);
  });

  test('an invoice for another span of the use leaves it open', async () => {
    await using stage = await openStage();
    const plan = await subscribe(stage);
    await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
    await stage.stripe.subscriptions.cancel(plan.subscription, { invoice_now: true });
    const startsAt = new Date('2026-04-02T00:00:00Z');
    expect(await ask(stage, plan, { startsAt })).toMatch(/^may come: in_\w+ asks for another span of its use$/);
  });

  test('a subscription that it does not know proves nothing: the key may be of another account', async () => {
    await using stage = await openStage();
    expect(await ask(stage, await subscribe(stage), { subscriptionId: 'sub_of_somebody' })).toBe(
      'may come: Stripe does not know its subscription',
    );
  });
});
