import { beforeAll, expect, test } from 'vitest';

import type { BurnRow, Plan } from '../../src/domain/catalogue.ts';
import {
  currentCatalogue,
  lockCatalogue,
  storeBurnRates,
  storeCatalogue,
  storeCreditUnit,
  storePlanVersion,
} from '../../src/storage/catalogues.ts';
import { transaction } from '../../src/storage/database.ts';
import {
  creditUnit,
  invalidateRates,
  listPackVersions,
  listPlanVersions,
  packVersionOfPrice,
  planVersion,
  planVersionOfPrice,
  ratesFor,
} from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { hybrid, pack10k, sampleCatalogue, storeSampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();
const elsewhere = await cloneDatabase();
const at = new Date('2026-04-01T00:00:00Z');
const newId = (): string => crypto.randomUUID();

beforeAll(async () => storeSampleCatalogue(database));

test('a plan version is found by its id and by either of its prices', async () => {
  const byMetered = await planVersionOfPrice(database, 'price_hybrid_metered');
  expect(byMetered).toMatchObject({
    plan: 'hybrid',
    version: 1,
    unit: 'credit',
    currency: 'usd',
    content: hybrid,
    stripeProductId: 'prod_hybrid',
    stripeBasePriceId: 'price_hybrid_base',
    stripeMeteredPriceId: 'price_hybrid_metered',
  });
  expect(await planVersionOfPrice(database, 'price_hybrid_base')).toEqual(byMetered);
  expect(await planVersion(database, byMetered?.planVersionId ?? '')).toEqual(byMetered);
  expect(await planVersion(database, byMetered?.planVersionId ?? '')).toEqual(byMetered);
  expect(await planVersionOfPrice(database, 'price_of_a_stranger')).toBeNull();
  await expect(planVersion(database, newId())).rejects.toThrow('no plan version');
});

test('a pack version is found by its price', async () => {
  const pack = await packVersionOfPrice(database, 'price_pack-10k');
  expect(pack).toMatchObject({ pack: 'pack-10k', version: 1, content: pack10k });
  expect(await listPackVersions(database)).toEqual([pack]);
  expect(await packVersionOfPrice(database, 'price_hybrid_base')).toBeNull();
});

test('what one database knows is not told of another', async () => {
  expect(await planVersionOfPrice(elsewhere.database, 'price_hybrid_metered')).toBeNull();
  expect(await ratesFor(elsewhere.database, 'credit')).toEqual([]);
});

test('the same content stays one version, a changed price is the next, and going back finds the first', async () => {
  const offer = async (content: Plan, priceId: string): Promise<void> =>
    transaction(database, async (trx) =>
      storePlanVersion(trx, {
        planVersionId: newId(),
        unit: 'credit',
        content,
        stripeProductId: 'prod_hybrid',
        stripeBasePriceId: null,
        stripeMeteredPriceId: priceId,
        at,
      }),
    );
  await offer(hybrid, 'price_again');
  await offer({ ...hybrid, pricePerCredit: '0.02' }, 'price_dearer');
  await offer(hybrid, 'price_back');
  const versions = await listPlanVersions(database);
  expect(versions.map(({ version, stripeMeteredPriceId }) => [version, stripeMeteredPriceId])).toEqual([
    [2, 'price_dearer'],
    [1, 'price_hybrid_metered'],
  ]);
});

test('the burn table is the same rows inside a transaction, and read again when told', async () => {
  const rates = await ratesFor(database, 'credit');
  expect(rates.map(({ action, feature, rate }) => ({ action, feature, rate }))).toEqual([
    { action: 'api.call', feature: 'api', rate: { per: [{ quantity: 'calls', credits: '1', each: 1 }] } },
    { action: 'llm.complete', feature: 'ai', rate: sampleCatalogue.burnTable[0]?.rate },
    { action: 'report.generate', feature: 'reports', rate: { flat: '20' } },
  ]);
  expect(await transaction(database, async (trx) => ratesFor(trx, 'credit'))).toBe(rates);
  invalidateRates(database);
  const again = await ratesFor(database, 'credit');
  expect(again).not.toBe(rates);
  expect(again).toEqual(rates);
});

test('burn rows are added once, and a changed one is refused as a whole', async () => {
  const row: BurnRow = {
    action: 'api.call',
    feature: 'api',
    effectiveFrom: '2027-01-01T00:00:00Z',
    rate: { per: [{ quantity: 'calls', credits: '2', each: 1 }] },
  };
  const store = async (rows: readonly BurnRow[]): Promise<number> =>
    transaction(database, async (trx) => storeBurnRates(trx, { unit: 'credit', rows, newId, at }));
  expect(await store([...sampleCatalogue.burnTable, row])).toBe(1);
  expect(await store([row])).toBe(0);
  const other = { ...row, action: 'image.draw' };
  await expect(store([other, { ...row, rate: { flat: '3' } }])).rejects.toThrow('api.call says something else');
  await expect(store([other, { ...row, feature: 'ai' }])).rejects.toThrow('api.call says something else');
  invalidateRates(database);
  expect((await ratesFor(database, 'credit')).map(({ action }) => action)).not.toContain('image.draw');
});

test('the meter of a credit unit may become known, what it counts never changes', async () => {
  const unit = {
    unit: 'spark',
    displayName: 'Sparks',
    meterUnitMicro: 1_000n,
    eventName: 'creditpool_spark_milli',
    stripeMeterId: null,
    at,
  };
  const store = async (change: object): Promise<void> =>
    transaction(database, async (trx) => storeCreditUnit(trx, { ...unit, ...change }));
  await store({});
  await store({ stripeMeterId: 'mtr_1' });
  expect(await creditUnit(database, 'spark')).toEqual({
    unit: 'spark',
    displayName: 'Sparks',
    meterUnitMicro: 1_000n,
    eventName: 'creditpool_spark_milli',
    stripeMeterId: 'mtr_1',
  });
  await expect(store({ meterUnitMicro: 1n })).rejects.toThrow('another meter unit');
  expect(await creditUnit(database, 'unheard_of')).toBeNull();
});

test('the current catalogue is the last one pushed, also when it goes back to an earlier one', async () => {
  const push = async (content: typeof sampleCatalogue, instant: string): Promise<boolean> =>
    transaction(database, async (trx) => storeCatalogue(trx, { catalogueId: newId(), content, at: new Date(instant) }));
  const without = { ...sampleCatalogue, packs: [] };
  expect(await push(sampleCatalogue, '2026-04-01T00:00:00Z')).toBe(false);
  expect(await push(without, '2026-04-02T00:00:00Z')).toBe(true);
  expect(await push(sampleCatalogue, '2026-04-03T00:00:00Z')).toBe(true);
  expect((await currentCatalogue(database))?.content).toEqual(sampleCatalogue);
  expect(await currentCatalogue(elsewhere.database)).toBeNull();
});

test('two pushes wait for each other', async () => {
  const steps: string[] = [];
  const first = transaction(database, async (trx) => {
    await lockCatalogue(trx);
    steps.push('first has the lock');
    second = transaction(database, async (other) => {
      await lockCatalogue(other);
      steps.push('second has the lock');
    });
    await query(trx, 'select pg_sleep(0.2)');
    steps.push('first is done');
  });
  let second: Promise<void> | undefined;
  await first;
  await second;
  expect(steps).toEqual(['first has the lock', 'first is done', 'second has the lock']);
});

test('the application may not change a rate or a pushed catalogue', async () => {
  await expect(execute(database, `update burn_rates set rate = '{}'`)).rejects.toMatchObject({ code: '42501' });
  await expect(execute(database, `delete from burn_rates`)).rejects.toMatchObject({ code: '42501' });
  await expect(execute(database, `update catalogues set content = '{}'`)).rejects.toMatchObject({ code: '42501' });
});
