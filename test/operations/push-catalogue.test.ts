import { afterAll, beforeEach, describe, expect, test } from 'vitest';

import type { Catalogue, Plan } from '../../src/domain/catalogue.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { diffCatalogue } from '../../src/operations/diff-catalogue.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { fingerprintOf } from '../../src/storage/catalogues.ts';
import { currentCatalogue } from '../../src/storage/catalogues.ts';
import {
  creditUnit,
  listPackVersions,
  listPlanVersions,
  listRates,
  planVersionOfPrice,
} from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';

const simulators: { close: () => Promise<void> }[] = [];
afterAll(async () => {
  for (const simulator of simulators) await simulator.close();
});

async function account() {
  const simulator = await startSimulator();
  simulators.push(simulator);
  const stripe = connectStripe({ ...simulator, protocol: 'http' });
  return { faults: simulator.faults, switches: simulator.switches, stripe };
}

function depsOf({ database }: { database: Deps['db'] }, { stripe }: { stripe: Deps['stripe'] }): Deps {
  const silent = (): void => undefined;
  return {
    db: database,
    stripe,
    newId: () => crypto.randomUUID(),
    log: { info: silent, warn: silent, error: silent },
    settings: { cutOffMinutes: 45, meterWindowMinutes: 60 },
  };
}

/** "create product creditpool/plan/hybrid", fingerprints left out. */
async function diff(deps: Deps, catalogue: Catalogue): Promise<string[]> {
  const answer = await diffCatalogue(deps, catalogue);
  if ('rejected' in answer) throw new Error(JSON.stringify(answer.rejected));
  return answer.changes
    .filter(({ kind }) => kind !== 'unchanged')
    .map(({ kind, object, key }) => `${kind} ${object} ${key.replaceAll(/\/[0-9a-f]{16}/g, '')}`);
}

async function push(deps: Deps, catalogue: Catalogue): Promise<boolean> {
  const answer = await pushCatalogue(deps, catalogue);
  if ('rejected' in answer) throw new Error(JSON.stringify(answer.rejected));
  return answer.pushed;
}

async function refusal(answer: Promise<object>): Promise<{ code: string; message: string; details?: unknown }> {
  const refused = await answer;
  if (!('rejected' in refused)) throw new Error('it was not refused');
  return refused.rejected as { code: string; message: string; details?: unknown };
}

async function findingsOf(deps: Deps, catalogue: Catalogue): Promise<unknown> {
  const { code, details } = await refusal(pushCatalogue(deps, catalogue));
  expect(code).toBe('lint_failed');
  return (details as { path: string; code: string }[]).map((finding) => `${finding.path}: ${finding.code}`);
}

const withHybrid = (change: Partial<Plan>): Catalogue => ({ ...sampleCatalogue, plans: [{ ...hybrid, ...change }] });

describe('the first push', async () => {
  const stripe = await account();
  const deps = depsOf(await cloneDatabase(), stripe);
  const everything = [
    'create unit credit',
    'create rate api.call',
    'create rate llm.complete',
    'create rate report.generate',
    'create plan hybrid',
    'create pack pack-10k',
    'create meter creditpool_credit_milli',
    'create product creditpool/plan/hybrid',
    'create price creditpool/plan/hybrid/base',
    'create price creditpool/plan/hybrid/metered_credit_milli',
    'create product creditpool/pack/pack-10k',
    'create price creditpool/pack/pack-10k',
  ];

  test('is shown beforehand, and showing writes nothing', async () => {
    expect(await diff(deps, sampleCatalogue)).toEqual(everything);
    expect(await diff(deps, sampleCatalogue)).toEqual(everything);
    expect(await creditUnit(deps.db, 'credit')).toBeNull();
    expect((await stripe.stripe.products.list()).data).toEqual([]);
  });

  test('makes a meter, products and prices, and then the rows', async () => {
    expect(await push(deps, sampleCatalogue)).toBe(true);
    const [meter] = (await stripe.stripe.billing.meters.list()).data;
    expect(meter).toMatchObject({
      event_name: 'creditpool_credit_milli',
      display_name: 'Credits (milli)',
      default_aggregation: { formula: 'sum' },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
      status: 'active',
    });
    const [version] = await listPlanVersions(deps.db);
    expect(version).toMatchObject({ plan: 'hybrid', version: 1, unit: 'credit', content: hybrid });
    const metered = await stripe.stripe.prices.retrieve(version?.stripeMeteredPriceId ?? '');
    expect(metered).toMatchObject({
      product: version?.stripeProductId,
      currency: 'usd',
      unit_amount: null,
      billing_scheme: 'per_unit',
      tax_behavior: 'exclusive',
      recurring: { interval: 'month', interval_count: 1, usage_type: 'metered', meter: meter?.id },
    });
    expect(String(metered.unit_amount_decimal)).toBe('0.001');
    const base = await stripe.stripe.prices.retrieve(version?.stripeBasePriceId ?? '');
    expect(base).toMatchObject({ unit_amount: 9900, recurring: { usage_type: 'licensed' } });
    const [pack] = await listPackVersions(deps.db);
    const once = await stripe.stripe.prices.retrieve(pack?.stripePriceId ?? '');
    expect(once).toMatchObject({ unit_amount: 8000, recurring: null, product: pack?.stripeProductId });
    expect(await creditUnit(deps.db, 'credit')).toMatchObject({
      eventName: 'creditpool_credit_milli',
      meterUnitMicro: 1_000n,
      stripeMeterId: meter?.id,
    });
    expect((await listRates(deps.db, 'credit')).map(({ action }) => action)).toEqual([
      'api.call',
      'llm.complete',
      'report.generate',
    ]);
    expect((await currentCatalogue(deps.db))?.content.plans).toEqual([hybrid]);
  });

  test('is done once: the same catalogue again, in whatever words, does nothing', async () => {
    const inOtherWords = withHybrid({ pricePerCredit: '0.010', features: ['reports', 'ai', 'api'] });
    expect(await diff(deps, inOtherWords)).toEqual([]);
    expect(await push(deps, inOtherWords)).toBe(false);
    expect(await push(deps, sampleCatalogue)).toBe(false);
    expect((await stripe.stripe.prices.list()).data).toHaveLength(3);
    expect(await query(deps.db, 'select from catalogues')).toHaveLength(1);
  });

  test('a changed price is a new version with prices of its own; old subscriptions keep theirs', async () => {
    const [first] = await listPlanVersions(deps.db);
    const dearer = withHybrid({ pricePerCredit: '0.02' });
    expect(await diff(deps, dearer)).toEqual([
      'version plan hybrid',
      'create price creditpool/plan/hybrid/base',
      'create price creditpool/plan/hybrid/metered_credit_milli',
    ]);
    expect(await push(deps, dearer)).toBe(true);
    const [second, ...rest] = await listPlanVersions(deps.db);
    expect(rest).toEqual([first]);
    expect(second).toMatchObject({ version: 2, stripeProductId: first?.stripeProductId });
    expect(await planVersionOfPrice(deps.db, first?.stripeMeteredPriceId ?? '')).toMatchObject({ version: 1 });
    expect(await planVersionOfPrice(deps.db, second?.stripeMeteredPriceId ?? '')).toMatchObject({ version: 2 });
  });

  test('going back offers the first version again, with the prices it had', async () => {
    expect(await diff(deps, sampleCatalogue)).toEqual(['version plan hybrid']);
    expect(await push(deps, sampleCatalogue)).toBe(true);
    expect(await push(deps, sampleCatalogue)).toBe(false);
    expect(await listPlanVersions(deps.db)).toHaveLength(2);
    expect((await stripe.stripe.prices.list()).data).toHaveLength(5);
  });

  test('a plan that is left out is withdrawn, its rows and prices stay', async () => {
    const free: Plan = { ...hybrid, plan: 'free', name: 'Free', baseAmountMinor: 0 };
    expect(await push(deps, { ...sampleCatalogue, plans: [hybrid, free] })).toBe(true);
    expect(await diff(deps, sampleCatalogue)).toEqual(['withdraw plan free']);
    expect(await push(deps, sampleCatalogue)).toBe(true);
    expect(await push(deps, sampleCatalogue)).toBe(false);
    const [version] = await listPlanVersions(deps.db);
    expect(version).toMatchObject({ plan: 'free', stripeBasePriceId: null });
    expect((await stripe.stripe.prices.retrieve(version?.stripeMeteredPriceId ?? '')).active).toBe(true);
  });

  test('a new display name is a new row, never a new meter', async () => {
    const shown = { ...sampleCatalogue, unit: { ...sampleCatalogue.unit, displayName: 'Sparks' } };
    expect(await diff(deps, shown)).toEqual(['version unit credit']);
    expect(await push(deps, shown)).toBe(true);
    expect(await creditUnit(deps.db, 'credit')).toMatchObject({ displayName: 'Sparks' });
    expect((await stripe.stripe.billing.meters.list()).data).toHaveLength(1);
  });
});

describe('history is not rewritten', async () => {
  const deps = depsOf(await cloneDatabase(), await account());
  const [llm, api, report] = sampleCatalogue.burnTable;
  const withRates = (...burnTable: unknown[]): Catalogue => ({
    ...sampleCatalogue,
    burnTable: burnTable as Catalogue['burnTable'],
  });
  const nextYear = '2125-01-01T00:00:00.000Z';
  const dearer = { per: [{ quantity: 'calls', credits: '2', each: 1 }] };

  test('a rate that was pushed cannot say something else', async () => {
    await push(deps, sampleCatalogue);
    expect(await findingsOf(deps, withRates(llm, { ...api, rate: dearer }, report))).toEqual([
      'burnTable[0]: rate_changed',
    ]);
    expect(await findingsOf(deps, withRates(llm, { ...api, feature: 'ai' }, report, { ...api, action: 'x' }))).toEqual([
      'burnTable[0]: rate_changed',
    ]);
  });

  test('a further rate of an action begins in the future', async () => {
    const past = { ...api, rate: dearer, effectiveFrom: '2026-01-01T00:00:00.000Z' };
    expect(await findingsOf(deps, withRates(llm, api, report, past))).toEqual([
      'burnTable[1].effectiveFrom: rate_in_the_past',
    ]);
    const announced = withRates(llm, api, report, { ...past, effectiveFrom: nextYear });
    expect(await diff(deps, announced)).toEqual(['create rate api.call']);
    expect(await push(deps, announced)).toBe(true);
    expect(await push(deps, announced)).toBe(false);
  });

  test('a rate in force or announced cannot be left out silently', async () => {
    expect(await findingsOf(deps, sampleCatalogue)).toEqual(['burnTable: rate_missing']);
    const announced = { ...api, rate: dearer, effectiveFrom: nextYear };
    expect(await findingsOf(deps, withRates(llm, announced, report))).toEqual(['burnTable: rate_missing']);
  });

  test('neither the unit nor what its meter counts can change', async () => {
    const units = async (change: object) =>
      findingsOf(deps, { ...sampleCatalogue, unit: { ...sampleCatalogue.unit, ...change } });
    expect(await units({ name: 'spark' })).toContain('unit.name: unit_changed');
    expect(await units({ meterUnit: 'micro' })).toContain('unit.meterUnit: unit_changed');
  });

  test('the linter is asked before Stripe', async () => {
    expect(await findingsOf(deps, withHybrid({ policy: { ...samplePolicy, overageCap: '0' } }))).toEqual([
      'plans[0].policy.overageCap: contradiction',
    ]);
    expect((await refusal(diffCatalogue(deps, withHybrid({ features: [] })))).code).toBe('lint_failed');
  });
});

describe('a push that dies half-way', async () => {
  const fresh = await Promise.all(Array.from({ length: 8 }, async () => cloneDatabase()));
  const nextDatabase = () => {
    const database = fresh.pop();
    if (database === undefined) throw new Error('clone one more');
    return database;
  };
  let deps: Deps;
  let stripe: Awaited<ReturnType<typeof account>>;
  beforeEach(async () => {
    stripe = await account();
  });

  test.for([
    ['the answer to the first price is lost', '/v1/prices', 'cut_after'],
    ['a price fails before it is made', '/v1/prices', '500_before'],
    ['Stripe says 500 though the product was made', '/v1/products', '500_after'],
    ['the meter is made and the connection cut', '/v1/billing/meters', 'cut_after'],
  ] as const)('%s: it is repaired by the same push, with nothing made twice', async ([, path, kind]) => {
    deps = depsOf(nextDatabase(), stripe);
    stripe.faults.add({ match: { method: 'POST', path, times: 1 }, kind });
    expect(await push(deps, sampleCatalogue)).toBe(true);
    await expectOneOfEach(stripe);
  });

  test('Stripe is busy: the push is refused, the next one adopts what is there', async () => {
    deps = depsOf(nextDatabase(), stripe);
    stripe.faults.add({ match: { method: 'POST', path: '/v1/prices', times: 1 }, kind: '429' });
    expect((await refusal(pushCatalogue(deps, sampleCatalogue))).code).toBe('stripe_unavailable');
    expect(await creditUnit(deps.db, 'credit')).toBeNull();
    stripe.faults.add({ match: { method: 'GET', path: '/v1/products', times: 1 }, kind: '429' });
    expect((await refusal(diffCatalogue(deps, sampleCatalogue))).code).toBe('stripe_unavailable');
    expect(await diff(deps, sampleCatalogue)).toEqual(
      expect.arrayContaining(['adopt meter creditpool_credit_milli', 'adopt product creditpool/plan/hybrid']),
    );
    expect(await push(deps, sampleCatalogue)).toBe(true);
    await expectOneOfEach(stripe);
  });

  test('the rows were never written: another database adopts everything', async () => {
    await push(depsOf(nextDatabase(), stripe), sampleCatalogue);
    deps = depsOf(nextDatabase(), stripe);
    const changes = await diff(deps, sampleCatalogue);
    expect(changes.filter((change) => change.startsWith('adopt'))).toHaveLength(6);
    expect(await push(deps, sampleCatalogue)).toBe(true);
    await expectOneOfEach(stripe);
    expect(await diff(deps, sampleCatalogue)).toEqual([]);
  });

  test('two pushes at once make one of each', async () => {
    deps = depsOf(nextDatabase(), stripe);
    await Promise.all([push(deps, sampleCatalogue), push(deps, sampleCatalogue)]);
    await expectOneOfEach(stripe);
    expect(await listPlanVersions(deps.db)).toHaveLength(1);
    expect(await query(deps.db, 'select from catalogues')).toHaveLength(1);
  });
});

async function expectOneOfEach({ stripe }: { stripe: Deps['stripe'] }): Promise<void> {
  expect((await stripe.billing.meters.list()).data).toHaveLength(1);
  expect((await stripe.products.list()).data).toHaveLength(2);
  expect((await stripe.prices.list()).data).toHaveLength(3);
}

describe('what other hands did at Stripe', async () => {
  const fresh = await Promise.all(Array.from({ length: 10 }, async () => cloneDatabase()));
  let deps: Deps;
  let stripe: Deps['stripe'];
  let switches: Awaited<ReturnType<typeof account>>['switches'];
  beforeEach(async () => {
    const database = fresh.pop();
    if (database === undefined) throw new Error('clone one more');
    const opened = await account();
    ({ stripe, switches } = opened);
    deps = depsOf(database, opened);
  });
  const pushed = async () => {
    await push(deps, sampleCatalogue);
    const [version] = await listPlanVersions(deps.db);
    return { productId: version?.stripeProductId ?? '', priceId: version?.stripeMeteredPriceId ?? '' };
  };

  test('a product of ours that was renamed gets its name back', async () => {
    const { productId } = await pushed();
    await stripe.products.update(productId, { name: 'Hybrid!' });
    expect(await diff(deps, sampleCatalogue)).toEqual(['drift product creditpool/plan/hybrid']);
    expect(await push(deps, sampleCatalogue)).toBe(true);
    expect((await stripe.products.retrieve(productId)).name).toBe('Hybrid');
    expect(await push(deps, sampleCatalogue)).toBe(false);
  });

  test('a plan with a new name renames the product that a push made', async () => {
    const { productId } = await pushed();
    expect(await push(deps, withHybrid({ name: 'Hybrid 2' }))).toBe(true);
    expect((await stripe.products.retrieve(productId)).name).toBe('Hybrid 2');
  });

  test('a product that somebody else made is adopted and keeps its name', async () => {
    const theirs = await stripe.products.create({
      name: 'Our famous plan',
      metadata: { creditpool_key: 'creditpool/plan/hybrid' },
    });
    expect(await diff(deps, sampleCatalogue)).toContain('adopt product creditpool/plan/hybrid');
    const { productId } = await pushed();
    expect(productId).toBe(theirs.id);
    expect((await stripe.products.retrieve(theirs.id)).name).toBe('Our famous plan');
    expect(await push(deps, sampleCatalogue)).toBe(false);
  });

  test('a meter that somebody else made is adopted and keeps its name', async () => {
    const theirs = await stripe.billing.meters.create({
      display_name: 'Theirs',
      event_name: 'creditpool_credit_milli',
      default_aggregation: { formula: 'sum' },
    });
    await pushed();
    expect(await creditUnit(deps.db, 'credit')).toMatchObject({ stripeMeterId: theirs.id });
    expect((await stripe.billing.meters.retrieve(theirs.id)).display_name).toBe('Theirs');
  });

  test('a meter that counts instead of summing blocks the push', async () => {
    await stripe.billing.meters.create({
      display_name: 'Theirs',
      event_name: 'creditpool_credit_milli',
      default_aggregation: { formula: 'count' },
    });
    const { code, message } = await refusal(pushCatalogue(deps, sampleCatalogue));
    expect(code).toBe('stripe_refused');
    expect(message).toContain('does not sum but count');
    expect((await stripe.products.list()).data).toEqual([]);
  });

  test.for([
    ['stays taken', false],
    ['was free', true],
  ] as const)('what was archived is taken out of the archive, a meter whose name %s too', async ([, frees]) => {
    switches.deactivatedMeterFreesName = frees;
    const { productId, priceId } = await pushed();
    await stripe.prices.update(priceId, { active: false });
    await stripe.products.update(productId, { active: false });
    const meterId = (await creditUnit(deps.db, 'credit'))?.stripeMeterId ?? '';
    await stripe.billing.meters.deactivate(meterId);
    expect(await diff(deps, sampleCatalogue)).toEqual([
      'drift meter creditpool_credit_milli',
      'drift product creditpool/plan/hybrid',
      'drift price creditpool/plan/hybrid/metered_credit_milli',
    ]);
    expect(await push(deps, sampleCatalogue)).toBe(true);
    expect((await stripe.prices.retrieve(priceId)).active).toBe(true);
    expect((await stripe.products.retrieve(productId)).active).toBe(true);
    expect((await stripe.billing.meters.retrieve(meterId)).status).toBe('active');
    expect(await push(deps, sampleCatalogue)).toBe(false);
  });

  test('a price with our key that is another price blocks the push', async () => {
    const product = await stripe.products.create({
      name: 'Pack',
      metadata: { creditpool_key: 'creditpool/pack/pack-10k' },
    });
    const lookupKey = `creditpool/pack/pack-10k/${fingerprintOf(pack10k).slice(0, 16)}`;
    await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 800, lookup_key: lookupKey });
    const { code, message } = await refusal(pushCatalogue(deps, sampleCatalogue));
    expect(code).toBe('stripe_refused');
    expect(message).toMatch(/price_\w+ is 800, not 8000 usd/);
    expect(await creditUnit(deps.db, 'credit')).toBeNull();
  });

  test('a price that carries our lookup key is adopted', async () => {
    const product = await stripe.products.create({
      name: 'Pack',
      metadata: { creditpool_key: 'creditpool/pack/pack-10k' },
    });
    const lookupKey = `creditpool/pack/pack-10k/${fingerprintOf(pack10k).slice(0, 16)}`;
    const theirs = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 8000,
      lookup_key: lookupKey,
    });
    await pushed();
    expect((await listPackVersions(deps.db))[0]).toMatchObject({ stripePriceId: theirs.id });
  });

  test('a product that lost what we know it by blocks the push', async () => {
    const { productId } = await pushed();
    await stripe.products.update(productId, { metadata: { creditpool_key: '' } });
    const { details } = await refusal(pushCatalogue(deps, sampleCatalogue));
    expect(details).toMatchObject([
      { kind: 'drift', object: 'product', detail: 'is gone at Stripe, or lost its metadata' },
      { kind: 'drift', object: 'price' },
      { kind: 'drift', object: 'price' },
    ]);
  });
});
