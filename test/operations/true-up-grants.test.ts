import { describe, expect, test } from 'vitest';

import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { insertGrant, openGrants } from '../../src/storage/credit-grants.ts';
import { transaction } from '../../src/storage/database.ts';
import { enqueue, requestTrueUp } from '../../src/storage/outbox.ts';
import { execute, query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { grantsAtStripe, openProjection, type Projected } from '../support/projection.ts';

const { database } = await cloneDatabase();
const stage = await openProjection(database);
const { deps, simulator } = stage;

async function askForTrueUp({ poolId, ...customer }: Projected): Promise<void> {
  await transaction(database, async (trx) =>
    requestTrueUp(trx, customer, { poolId, causeEntryId: newId(), now: new Date('2026-04-01T00:00:00Z') }),
  );
}

/** A grant that no lot wants: what a lot that lost its credits leaves behind. */
async function giveTooMuch(customer: Projected, amountMinor: bigint, backstopAt: string | null = null): Promise<void> {
  await stage.drain();
  const creditGrantId = newId();
  const effectiveAt = new Date('2026-04-02T00:00:00Z');
  await transaction(database, async (trx) => {
    const terms = {
      poolId: customer.poolId,
      currency: 'usd',
      category: 'paid',
      priority: 50,
      meteredPriceId: customer.meteredPriceId,
    };
    const end = backstopAt === null ? null : new Date(backstopAt);
    await insertGrant(
      trx,
      customer,
      { ...terms, creditGrantId, amountMinor, effectiveAt, backstopAt: end, lotIds: [] },
      effectiveAt,
    );
    await enqueue(trx, customer, {
      queue: 'grants',
      call: 'credit_grant.create',
      subjectId: creditGrantId,
      request: {},
      key: `credit_grant/${creditGrantId}`,
    });
  });
  await stage.drain();
}

async function outcomes(customer: Projected, call: string): Promise<readonly string[]> {
  const rows = await query<{ text: string }>(
    database,
    `select state || coalesce(': ' || outcome, '') as text from outbox
     where lane = $1 and customer_id = $2 and call = $3 order by outbox_id`,
    [customer.lane, customer.customerId, call],
  );
  return rows.map(({ text }) => text);
}

const values = async (customer: Projected) => (await grantsAtStripe(deps, customer)).map(({ left }) => left);

describe('a lot becomes a grant', () => {
  test('at the metered price only, from a second after the period’s start, with our keys', async () => {
    const customer = await stage.subscribe();
    await stage.drain();
    const { data } = await deps.stripe.billing.creditGrants.list({ customer: customer.stripeCustomerId });
    const [lot] = await query<{ id: string }>(
      database,
      'select lot_id as id from lots where lane = $1 and customer_id = $2',
      [customer.lane, customer.customerId],
    );
    expect(data).toMatchObject([
      {
        amount: { monetary: { currency: 'usd', value: 10_000 } },
        applicability_config: { scope: { prices: [{ id: customer.meteredPriceId }] } },
        category: 'paid',
        effective_at: Date.parse('2026-04-01T00:00:01Z') / 1000,
        expires_at: Date.parse('2026-06-01T00:00:00Z') / 1000,
        metadata: {
          creditpool_customer: customer.customerId,
          creditpool_pool: customer.poolId,
          creditpool_lots: lot?.id,
        },
      },
    ]);
    expect(data[0]?.metadata['creditpool_key']).toMatch(/^credit_grant\//);
    expect(await openGrants(database, customer)).toMatchObject([{ stripeGrantId: data[0]?.id, leftMinor: 10_000n }]);
  });

  test('once, however often it is asked for', async () => {
    const customer = await stage.subscribe();
    for (let asked = 0; asked < 20; asked += 1) await askForTrueUp(customer);
    await stage.drain();
    expect(await values(customer)).toEqual([10_000]);
    expect(new Set(await outcomes(customer, 'true_up'))).toHaveProperty('size', 2);
  });

  test('not at all without a priced metered subscription', async () => {
    const customer = await stage.subscribe();
    await execute(database, 'update subscriptions set metered_item_id = null where lane = $1 and customer_id = $2', [
      customer.lane,
      customer.customerId,
    ]);
    await stage.drain();
    expect(await values(customer)).toEqual([]);
    expect(await outcomes(customer, 'true_up')).toEqual(['done: not projected']);
  });
});

describe('too much is ended', () => {
  test('inside a period at once, whole grants as they are', async () => {
    const customer = await stage.subscribe();
    await stage.advance(customer, '2026-04-10T00:00:00Z');
    await giveTooMuch(customer, 700n, '2026-05-20T00:00:00Z');
    await askForTrueUp(customer);
    await stage.drain();
    expect(await values(customer)).toEqual([10_000, 0]);
  });

  test('of a larger grant the rest is given anew, before it is ended', async () => {
    const customer = await stage.subscribe();
    await stage.advance(customer, '2026-04-10T00:00:00Z');
    await stage.drain();
    await execute(database, `update lots set ended = 4000000000 where lane = $1 and customer_id = $2`, [
      customer.lane,
      customer.customerId,
    ]);
    await askForTrueUp(customer);
    await relayOutbox(deps, { limit: 2, only: customer });
    expect(await values(customer), 'for a moment both stand: nobody is charged for what is paid').toEqual([
      10_000, 6_000,
    ]);
    await stage.drain();
    expect(await values(customer)).toEqual([0, 6_000]);
  });

  test('an end that was asked for before the period’s end and comes after it is taken back', async () => {
    const customer = await stage.subscribe();
    await stage.advance(customer, '2026-04-30T23:59:50Z');
    await giveTooMuch(customer, 700n);
    await askForTrueUp(customer);
    expect(await relayOutbox(deps, { limit: 1, only: customer })).toMatchObject({ sent: 1 });
    await stage.advance(customer, '2026-05-01T00:00:10Z');
    await stage.drain();
    expect(await outcomes(customer, 'credit_grant.expire')).toEqual([
      'cancelled: an invoice that it may pay is not final',
    ]);
    expect((await values(customer)).slice(0, 2)).toEqual([10_000, 700]);
    const [included, extra] = await openGrants(database, customer);
    expect([included?.leftMinor, extra?.leftMinor], 'they count as open again').toEqual([10_000n, 700n]);
  });

  test('ending is done once when the answer is lost', async () => {
    const customer = await stage.subscribe();
    await stage.advance(customer, '2026-04-10T00:00:00Z');
    await giveTooMuch(customer, 700n, '2026-05-20T00:00:00Z');
    simulator.faults.add({ match: { method: 'POST', path: '/expire$', times: 2 }, kind: 'cut_after' });
    await askForTrueUp(customer);
    await stage.drain();
    expect(await values(customer)).toEqual([10_000, 0]);
    expect(await outcomes(customer, 'credit_grant.expire')).toEqual(['done']);
  });
});

test('a grant that is needed longer has its end moved on', async () => {
  const customer = await stage.subscribe();
  await stage.advance(customer, '2026-04-10T00:00:00Z');
  await stage.drain();
  await execute(database, `update lots set expires_at = '2026-06-10T00:00:00Z' where lane = $1 and customer_id = $2`, [
    customer.lane,
    customer.customerId,
  ]);
  await askForTrueUp(customer);
  await stage.drain();
  expect(await grantsAtStripe(deps, customer)).toMatchObject([{ left: 10_000, expiresAt: '2026-08-01T00:00:00.000Z' }]);
});
