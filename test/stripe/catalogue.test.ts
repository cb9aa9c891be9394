import nock from 'nock';
import { afterEach, describe, expect, test } from 'vitest';

import { meterOf, productOfPack, productOfPlan } from '../../src/domain/catalogue-objects.ts';
import { createMeter, createPrice, createProduct, findMeter, listPrices } from '../../src/stripe/catalogue.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';

const stripe = connectStripe({ secretKey: 'sk_test_exchange' });
const fingerprint = '0123456789abcdef0123456789abcdef';
const { unit } = sampleCatalogue;
const plan = productOfPlan(hybrid, { fingerprint, unit });
const ids = { productId: 'prod_1', meterId: 'mtr_1' };

afterEach(() => {
  const unasked = nock.pendingMocks();
  nock.cleanAll();
  if (unasked.length > 0) throw new Error(`never asked for: ${unasked.join(', ')}`);
});

interface Exchange {
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: Readonly<Record<string, string>>;
}

/** Answers one POST and keeps what was sent. */
function answer(path: string, status: number, reply: object, headers: Record<string, string> = {}): Exchange[] {
  const sent: Exchange[] = [];
  nock('https://api.stripe.com')
    .post(path)
    .reply(async (request: Request) => {
      const names = ['idempotency-key', 'stripe-version', 'authorization', 'content-type'];
      sent.push({
        headers: Object.fromEntries(names.map((name) => [name, request.headers.get(name)])),
        body: Object.fromEntries(new URLSearchParams(await request.text())),
      });
      return [status, reply, headers];
    });
  return sent;
}

/** The key ends in a hash of the body and the epoch; the hash has tests of its own. */
function withoutHash({ headers, body }: Exchange): Exchange {
  const key = headers['idempotency-key']?.replace(/\/[0-9a-f]{16}\/(\d)$/, '/BODY/$1') ?? null;
  return { headers: { ...headers, 'idempotency-key': key }, body };
}

const meterReply = {
  id: 'mtr_1',
  object: 'billing.meter',
  status: 'active',
  event_name: 'creditpool_credit_milli',
  default_aggregation: { formula: 'sum' },
};
const priceReply = (change: object): object => ({
  id: 'price_1',
  object: 'price',
  active: true,
  currency: 'usd',
  billing_scheme: 'per_unit',
  tax_behavior: 'exclusive',
  transform_quantity: null,
  lookup_key: null,
  metadata: {},
  recurring: null,
  unit_amount_decimal: '8000',
  ...change,
});

describe('what is sent', () => {
  test('a meter sums whole numbers by the usual keys', async () => {
    const sent = answer('/v1/billing/meters', 200, meterReply);
    expect(await createMeter(stripe, meterOf(unit))).toEqual({ meterId: 'mtr_1', active: true, formula: 'sum' });
    expect(sent.map(withoutHash)).toEqual([
      {
        headers: {
          'idempotency-key': 'creditpool/catalogue/meter/creditpool_credit_milli/BODY/0',
          'stripe-version': '2026-10-28.endive',
          authorization: 'Bearer sk_test_exchange',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: {
          display_name: 'Credits (milli)',
          event_name: 'creditpool_credit_milli',
          'default_aggregation[formula]': 'sum',
          'customer_mapping[type]': 'by_id',
          'customer_mapping[event_payload_key]': 'stripe_customer_id',
          'value_settings[event_payload_key]': 'value',
        },
      },
    ]);
  });

  test('a metered price is a plain decimal of minor units for one meter unit, tax on top', async () => {
    const recurring = { interval: 'month', interval_count: 1, usage_type: 'metered', meter: 'mtr_1' };
    const sent = answer('/v1/prices', 200, priceReply({ recurring, unit_amount_decimal: '0.001' }));
    const [, price] = plan.prices;
    expect(await createPrice(stripe, { ...ids, price: price! })).toEqual({
      priceId: 'price_1',
      key: null,
      active: true,
      currency: 'usd',
      unitAmountDecimal: '0.001',
      use: 'metered',
      interval: 'month',
      intervalCount: 1,
      meterId: 'mtr_1',
      plain: true,
    });
    const key = 'creditpool/plan/hybrid/0123456789abcdef/metered_credit_milli';
    expect(sent.map(withoutHash)).toEqual([
      {
        headers: {
          'idempotency-key': `creditpool/catalogue/price/${key}/BODY/0`,
          'stripe-version': '2026-10-28.endive',
          authorization: 'Bearer sk_test_exchange',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: {
          product: 'prod_1',
          currency: 'usd',
          unit_amount_decimal: '0.001',
          tax_behavior: 'exclusive',
          'recurring[interval]': 'month',
          'recurring[usage_type]': 'metered',
          'recurring[meter]': 'mtr_1',
          lookup_key: key,
          'metadata[creditpool_key]': key,
        },
      },
    ]);
  });

  test('the finest price has no exponent', async () => {
    const micro = { ...unit, meterUnit: 'micro' } as const;
    const [, price] = productOfPlan({ ...hybrid, pricePerCredit: '0.00000001' }, { fingerprint, unit: micro }).prices;
    const sent = answer('/v1/prices', 200, priceReply({}));
    await createPrice(stripe, { ...ids, price: price! });
    expect(sent[0]?.body['unit_amount_decimal']).toBe('0.000000000001');
  });

  test('a base price is licensed and counts by no meter', async () => {
    const sent = answer('/v1/prices', 200, priceReply({}));
    await createPrice(stripe, { ...ids, price: plan.prices[0]! });
    expect(sent[0]?.body).toMatchObject({ unit_amount_decimal: '9900', 'recurring[usage_type]': 'licensed' });
    expect(Object.keys(sent[0]?.body ?? {})).not.toContain('recurring[meter]');
  });

  test('a pack is paid once', async () => {
    const sent = answer('/v1/prices', 200, priceReply({}));
    await createPrice(stripe, { ...ids, price: productOfPack(pack10k, fingerprint).prices[0]! });
    expect(Object.keys(sent[0]?.body ?? {}).toSorted()).toEqual([
      'currency',
      'lookup_key',
      'metadata[creditpool_key]',
      'product',
      'tax_behavior',
      'unit_amount_decimal',
    ]);
  });
});

describe('one object, whatever happens to the answer', () => {
  const product = { id: 'prod_1', object: 'product', name: 'Hybrid', active: true };
  const ours = { ...product, metadata: { creditpool_key: plan.key, creditpool_made: 'push' } };
  const broken = { error: { type: 'api_error', message: 'Something went wrong' } };
  const list = (data: readonly object[]): void => {
    nock('https://api.stripe.com')
      .get('/v1/products')
      .query(true)
      .reply(200, { object: 'list', data, has_more: false });
  };
  const keysOf = (...exchanges: Exchange[][]): unknown[] =>
    exchanges.flat().map((exchange) => withoutHash(exchange).headers['idempotency-key']);
  const first = 'creditpool/catalogue/product/creditpool/plan/hybrid/BODY/0';
  const second = 'creditpool/catalogue/product/creditpool/plan/hybrid/BODY/1';

  test('the same product is asked for with the same key', async () => {
    const one = answer('/v1/products', 200, ours);
    await createProduct(stripe, plan);
    const other = answer('/v1/products', 200, ours);
    await createProduct(stripe, plan);
    expect(one[0]?.headers['idempotency-key']).toBe(other[0]?.headers['idempotency-key']);
    expect(one[0]?.body).toEqual({
      name: 'Hybrid',
      'metadata[creditpool_key]': 'creditpool/plan/hybrid',
      'metadata[creditpool_made]': 'push',
    });
  });

  test('another body has another key, since Stripe would refuse the first one', async () => {
    const one = answer('/v1/products', 200, ours);
    await createProduct(stripe, plan);
    const other = answer('/v1/products', 200, ours);
    await createProduct(stripe, { ...plan, name: 'Hybrid 2' });
    expect(one[0]?.headers['idempotency-key']).not.toBe(other[0]?.headers['idempotency-key']);
  });

  test('after a 500 it is looked for, and found', async () => {
    answer('/v1/products', 500, broken);
    list([ours]);
    expect(await createProduct(stripe, plan)).toMatchObject({ productId: 'prod_1' });
  });

  test('after a 500 that made nothing the next key is used, since Stripe would replay the 500', async () => {
    const one = answer('/v1/products', 500, broken);
    list([]);
    const other = answer('/v1/products', 200, ours);
    expect(await createProduct(stripe, plan)).toMatchObject({ productId: 'prod_1' });
    expect(keysOf(one, other)).toEqual([first, second]);
  });

  test('after a cut connection the same key is used, since the first request may still be running', async () => {
    nock('https://api.stripe.com').post('/v1/products').replyWithError('the connection was cut');
    list([]);
    const other = answer('/v1/products', 200, ours);
    expect(await createProduct(stripe, plan)).toMatchObject({ productId: 'prod_1' });
    expect(keysOf(other)).toEqual([first]);
  });

  test('a replayed answer of a product that was deleted since is not believed', async () => {
    const replayed = { 'idempotent-replayed': 'true' };
    const one = answer('/v1/products', 200, ours, replayed);
    list([]);
    const other = answer('/v1/products', 200, { ...ours, id: 'prod_2' });
    expect(await createProduct(stripe, plan)).toMatchObject({ productId: 'prod_2' });
    expect(keysOf(one, other)).toEqual([first, second]);
  });

  test('it gives up after four tries', async () => {
    for (const _ of [1, 2, 3]) {
      answer('/v1/products', 500, broken);
      list([]);
    }
    answer('/v1/products', 500, broken);
    await expect(createProduct(stripe, plan)).rejects.toThrow('Something went wrong');
  });

  test('a replay that never shows the product is given up too', async () => {
    for (const last of [false, false, false, true]) {
      answer('/v1/products', 200, ours, { 'idempotent-replayed': 'true' });
      if (!last) list([]);
    }
    await expect(createProduct(stripe, plan)).rejects.toThrow('but it is not there');
  });

  test('a refusal is passed on at once', async () => {
    answer('/v1/products', 400, { error: { type: 'invalid_request_error', message: 'Invalid name', param: 'name' } });
    await expect(createProduct(stripe, plan)).rejects.toThrow('Invalid name');
  });
});

describe('what is looked for', () => {
  const found = (path: string, query: Record<string, string>, data: readonly object[]): void => {
    nock('https://api.stripe.com').get(path).query(query).reply(200, { object: 'list', data, has_more: false });
  };

  test('prices are listed twice, since Stripe leaves archived ones out', async () => {
    found('/v1/prices', { product: 'prod_1', active: 'true', limit: '100' }, [priceReply({ id: 'price_1' })]);
    found('/v1/prices', { product: 'prod_1', active: 'false', limit: '100' }, [
      priceReply({ id: 'price_2', active: false, metadata: { creditpool_key: 'a key' } }),
    ]);
    const prices = await listPrices(stripe, 'prod_1');
    expect(prices.map(({ priceId, key, active }) => ({ priceId, key, active }))).toEqual([
      { priceId: 'price_1', key: null, active: true },
      { priceId: 'price_2', key: 'a key', active: false },
    ]);
  });

  test('a price with tiers, packages or tax included is no plain price', async () => {
    const odd = [
      { billing_scheme: 'tiered' },
      { transform_quantity: { divide_by: 10 } },
      { tax_behavior: 'inclusive' },
    ];
    found('/v1/prices', { product: 'prod_1', active: 'true', limit: '100' }, odd.map(priceReply));
    found('/v1/prices', { product: 'prod_1', active: 'false', limit: '100' }, []);
    expect((await listPrices(stripe, 'prod_1')).map(({ plain }) => plain)).toEqual([false, false, false]);
  });

  test('a meter is found among archived ones too', async () => {
    found('/v1/billing/meters', { status: 'active', limit: '100' }, [{ ...meterReply, event_name: 'another' }]);
    found('/v1/billing/meters', { status: 'inactive', limit: '100' }, [{ ...meterReply, status: 'inactive' }]);
    expect(await findMeter(stripe, 'creditpool_credit_milli')).toEqual({
      meterId: 'mtr_1',
      active: false,
      formula: 'sum',
    });
  });
});
