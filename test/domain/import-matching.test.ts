import { expect, test } from 'vitest';

import { type CustomerAtStripe, matchCustomers, type SubscriptionAtStripe } from '../../src/domain/import-matching.ts';

const known = {
  stripeCustomerIds: new Set(['cus_linked']),
  ownerOfExternalId: new Map([['taken', 'cus_linked']]),
  planOfPrice: new Map([
    ['price_metered', 'hybrid'],
    ['price_base', 'hybrid'],
  ]),
  meterIds: new Set(['mtr_ours']),
};

let born = 0;
function customer(stripeCustomerId: string, externalId: string | null = null): CustomerAtStripe {
  born += 1;
  return { stripeCustomerId, externalId, createdAt: new Date(born * 1_000) };
}

function subscription(stripeCustomerId: string, priceId = 'price_metered', status = 'active'): SubscriptionAtStripe {
  const items = [{ priceId, meterId: 'mtr_ours', startsAt: new Date('2026-04-01'), endsAt: new Date('2026-05-01') }];
  return {
    subscriptionId: `sub_${stripeCustomerId}_${priceId}`,
    stripeCustomerId,
    status,
    latestInvoiceId: null,
    items,
  };
}

test('known ones are linked, subscribers of a plan are new, everybody else stays outside', () => {
  const customers = [customer('cus_linked'), customer('cus_new'), customer('cus_outside'), customer('cus_canceled')];
  const subscriptions = [subscription('cus_new'), subscription('cus_canceled', 'price_metered', 'canceled')];
  const matches = matchCustomers(customers, subscriptions, known);
  expect(matches.map(({ stripeCustomerId, match, plan }) => `${stripeCustomerId} ${match} ${plan}`)).toEqual([
    'cus_linked linked null',
    'cus_new new hybrid',
    'cus_outside outside null',
    'cus_canceled outside null',
  ]);
});

test.for<readonly [string, readonly CustomerAtStripe[], readonly SubscriptionAtStripe[], string]>([
  [
    'two customers of one external id',
    [customer('cus_1', 'acme'), customer('cus_2', 'acme')],
    [subscription('cus_1')],
    'acme is also cus_2; leave metadata.external_id on one',
  ],
  [
    'an external id that is another’s here',
    [customer('cus_1', 'taken')],
    [subscription('cus_1')],
    'taken is cus_linked here',
  ],
  [
    'two subscriptions on one meter',
    [customer('cus_1')],
    [subscription('cus_1'), { ...subscription('cus_1'), subscriptionId: 'sub_other' }],
    'sub_cus_1_price_metered, sub_other bill the same meter twice; end one',
  ],
  [
    'a price of nobody’s on our meter',
    [customer('cus_1')],
    [subscription('cus_1', 'price_dashboard')],
    "price_dashboard counts by our meter and is no plan's price; move the subscription",
  ],
])('%s: a person decides', ([, customers, subscriptions, because]) => {
  const [first] = matchCustomers(customers, subscriptions, known);
  expect(first).toMatchObject({ match: 'ambiguous', because });
});

test('the oldest come first, whatever order Stripe lists them in', () => {
  const [older, newer] = [customer('cus_b'), customer('cus_a')];
  expect(matchCustomers([newer, older], [], known).map((one) => one.stripeCustomerId)).toEqual(['cus_b', 'cus_a']);
});
