// What another hand makes of the pushed catalogue at Stripe: found by every run over everybody, named with its repair.
import nock from 'nock';
import { afterEach, expect, test } from 'vitest';

import { NIL_ID } from '../../src/domain/account.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { listPackVersions, listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { nothingRepaired } from '../support/reconciled.ts';

const { database } = await cloneDatabase();
const stage = await openInbox(database, { plans: [hybrid] });
const { deps, simulator } = stage;
const { stripe } = deps;
const catalogue = { ...sampleCatalogue, plans: [hybrid], packs: [pack10k] };
await pushCatalogue(deps, catalogue);
const [plan] = await listPlanVersions(database);
const [pack] = await listPackVersions(database);
const ids = {
  product: plan?.stripeProductId ?? '',
  metered: plan?.stripeMeteredPriceId ?? '',
  base: plan?.stripeBasePriceId ?? '',
  pack: pack?.stripePriceId ?? '',
};

async function drift(): Promise<readonly string[]> {
  const { variances } = await reconcile(deps, { full: true }, nothingRepaired);
  const found = variances.filter(({ checkName }) => checkName === 'catalogue');
  expect(found.filter(({ customerId }) => customerId !== NIL_ID)).toEqual([]);
  return found.map(({ subject, theirs }) => `${subject}: ${theirs}`).toSorted();
}

afterEach(() => {
  nock.cleanAll();
});

/** Once, Stripe answers a GET of a price with other facts than it has: what its API lets nobody change. */
async function altered(id: string, facts: object | null): Promise<void> {
  const missing = { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such price' } };
  const price = facts === null ? null : { ...(await stripe.prices.retrieve(id)), ...facts };
  nock(simulator.url, { allowUnmocked: true })
    .get(`/v1/prices/${id}`)
    .reply(price === null ? 404 : 200, price ?? missing);
}

test('nothing drifts on what was just pushed, and six GETs say so', async () => {
  expect(await drift()).toEqual([]);
  // A meter, two products, three prices; there is no customer yet.
  expect(await reconcile(deps, { full: true }, nothingRepaired)).toMatchObject({ customers: 0, reads: 6 });
});

test('archived products and prices, a deactivated meter and another name are found; a push puts all of it right', async () => {
  const [unit] = await query<{ meter: string }>(database, `select stripe_meter_id as meter from credit_units`);
  await stripe.prices.update(ids.metered, { active: false });
  await stripe.prices.update(ids.pack, { active: false });
  await stripe.products.update(ids.product, { active: false });
  await stripe.billing.meters.deactivate(unit?.meter ?? '');
  expect(await drift()).toEqual(
    [
      `catalogue_archived ${ids.metered}: ${ids.metered} is archived`,
      `catalogue_archived ${ids.pack}: ${ids.pack} is archived`,
      `catalogue_archived ${ids.product}: ${ids.product} is archived`,
      `catalogue_archived ${unit?.meter}: ${unit?.meter} is archived`,
    ].toSorted(),
  );
  expect(await pushCatalogue(deps, catalogue)).toMatchObject({ pushed: true });
  await stripe.products.update(ids.product, { name: 'Cheap' });
  expect(await drift()).toEqual([`catalogue_renamed ${ids.product}: ${ids.product} is named "Cheap"`]);
  await pushCatalogue(deps, catalogue);
  expect(await drift()).toEqual([]);
});

test.for([
  ['tiers', { billing_scheme: 'tiered', tiers_mode: 'graduated' }, 'has tiers, packages or tax included'],
  ['packages of units', { transform_quantity: { divide_by: 100, round: 'up' } }, 'has tiers, packages or tax included'],
  ['tax included', { tax_behavior: 'inclusive' }, 'has tiers, packages or tax included'],
  ['another amount', { unit_amount: null, unit_amount_decimal: '0.002' }, 'is 0.002'],
  ['another currency', { currency: 'eur' }, 'is in eur'],
] as const)('a credit price with %s is named, with what it is', async ([, facts, says]) => {
  await altered(ids.metered, facts);
  const [found, ...others] = await drift();
  expect(others).toEqual([]);
  expect(found).toContain(`catalogue_altered ${ids.metered}: ${ids.metered} ${says}, not 0.001 usd (minor units)`);
  expect(await drift()).toEqual([]);
});

test('a price that is gone is missing there', async () => {
  await altered(ids.base, null);
  expect(await drift()).toEqual([`catalogue_missing ${ids.base}: null`]);
});

test('an older version may be archived, and is still compared while a customer keeps it', async () => {
  const customer = await stage.signUp();
  await stage.apply();
  await pushCatalogue(deps, { ...catalogue, plans: [{ ...hybrid, pricePerCredit: '0.02' }] });
  await stripe.prices.update(ids.metered, { active: false });
  expect(await drift()).toEqual([]);
  await altered(ids.metered, { transform_quantity: { divide_by: 9, round: 'up' } });
  expect(await drift()).toHaveLength(1);
  expect(customer.subscriptionId).toMatch(/^sub_/);
});
