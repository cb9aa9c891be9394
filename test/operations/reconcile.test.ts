import { describe, expect, test } from 'vitest';

import { NIL_ID } from '../../src/domain/account.ts';
import { VARIANCE_KINDS } from '../../src/domain/variance-kinds.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { listVariances } from '../../src/storage/variances.ts';
import { planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { nothingRepaired, ofKind, type Seeded, stagesOf } from '../support/reconciled.ts';
import { asOwner } from '../support/seeded-books.ts';
import { type Hand, SEEDS } from '../support/variance-seeds.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const stage = await openInbox(database, {
  plans: [planWith('hybrid', {}), planWith('no-paydown', { paydown: false })],
});
const { deps } = stage;
const stages = stagesOf(stage);

async function sql(customer: Seeded, statement: string): Promise<void> {
  const text = statement.replaceAll(':c', `'${customer.customerId}'`);
  await asOwner(ownerConnectionString, async (owner) => owner.query(text));
}

const hand: Hand = { stage, stages, sql };

describe('on clean books', () => {
  test('a settled cycle with a credit note leaves nothing, and nothing is left of a run but its counts', async () => {
    const customer = await stages.settled();
    const result = await reconcile(deps, { full: true });
    expect(result).toMatchObject({ checks: 5, customers: 1, unexplained: 0, variances: [] });
    expect(result.compared).toBeGreaterThan(15);
    expect(result.reads).toBeLessThan(12);
    expect(await reconcile(deps, { customer })).toMatchObject({ customers: 1, unexplained: 0, variances: [] });
  });

  test('events of Stripe that nobody applied are nobody’s, and are seen by a run over everybody', async () => {
    await asOwner(ownerConnectionString, async (owner) =>
      owner.query(`insert into stripe_events (event_id, type, livemode, created_at, received_at, payload, via, state, outcome, next_at)
        values ('evt_parked', 'invoice.paid', false, now(), now(), '{}', 'webhook', 'parked', 'no such plan', now()),
          ('evt_stuck', 'invoice.paid', false, now(), now() - interval '2 hours', '{}', 'webhook', 'received', null, 'infinity')`),
    );
    const { variances, unexplained } = await reconcile(deps, { full: true }, nothingRepaired);
    expect(unexplained).toBe(2);
    expect(ofKind(variances, 'stripe_event_parked')).toMatchObject([
      { class: 'missing_here', customerId: NIL_ID, state: 'open', ours: 'no such plan' },
    ]);
    expect(ofKind(variances, 'stripe_event_stuck')).toMatchObject([{ class: 'timing', state: 'open' }]);
    await asOwner(ownerConnectionString, async (owner) =>
      owner.query(`delete from stripe_events where event_id in ('evt_parked', 'evt_stuck')`),
    );
    expect(await reconcile(deps, { full: true }, nothingRepaired)).toMatchObject({ unexplained: 0, variances: [] });
  });
});

/** Kinds that explain themselves: they are expected, computed, and block nothing. */
const EXPLAINED: ReadonlySet<string> = new Set([
  'usage_not_rolled_up',
  'usage_in_flight',
  'grant_in_flight',
  'credits_applied_rounding',
  'credits_applied_shaped',
  'invoice_behind',
  'invoice_corrected',
  'credit_note_in_flight',
  'balance_behind',
  'clearing_pending',
]);

/** Stripe's own arithmetic cannot be broken from outside; test/domain/reconciliation.test.ts plants these. */
const PLANTED_IN_DOMAIN_TESTS = ['invoice_identity', 'invoice_owed_rounding'];
const OF_NOBODY = ['stripe_event_parked', 'stripe_event_stuck'];

describe('one difference of each kind is found', () => {
  test.for(SEEDS)('$kind: $done', async ({ kind, plant }) => {
    const customer = await plant(hand);
    const { variances, unexplained } = await reconcile(deps, { customer }, nothingRepaired);
    const { check, class: varianceClass } = VARIANCE_KINDS[kind];
    const state = EXPLAINED.has(kind) ? 'explained' : 'open';
    const planted = { checkName: check, class: varianceClass, state, kind };
    const found = variances.map((variance) => ({ ...variance, kind: variance.subject.split(' ')[0] }));
    expect(found).toContainEqual(expect.objectContaining(planted));
    expect(unexplained).toBe(variances.filter((variance) => variance.state === 'open').length);
    expect(unexplained === 0).toBe(EXPLAINED.has(kind));
  });

  test('and there is a planted one for every kind that is known', () => {
    const planted = [...SEEDS.map(({ kind }) => kind), ...PLANTED_IN_DOMAIN_TESTS, ...OF_NOBODY];
    expect(planted.toSorted()).toEqual(Object.keys(VARIANCE_KINDS).toSorted());
  });
});

describe('what is safe is repaired, and says so', () => {
  test.for([
    'invoice_unmirrored',
    'invoice_stale',
    'invoice_amount',
    'invoice_line_missing_here',
    'credit_movement_missing_here',
    'credit_note_unmirrored',
    'balance_movement_missing_here',
    'customer_balance',
  ] as const)('%s is gone after the run that found it', async (kind) => {
    const seed = SEEDS.find((planted) => planted.kind === kind);
    const customer = await seed?.plant(hand);
    if (customer === undefined) throw new Error(`nothing plants ${kind}`);
    const { byCheck, variances } = await reconcile(deps, { customer });
    expect(byCheck[VARIANCE_KINDS[kind].check].repaired).toBeGreaterThan(0);
    expect(ofKind(variances, kind)).toEqual([]);
    const closed = await listVariances(database, { states: ['corrected'], customer, limit: 100 });
    expect(ofKind(closed, kind)[0]?.explanation).toMatch(/^Repaired by the run: .* Not found any more\.$/);
  });
});

describe('a variance over time', () => {
  test('is one row from run to run, and corrected once it is not found any more', async () => {
    const customer = await stages.running();
    await sql(customer, `update credit_grants set amount_minor = 9 where customer_id = :c`);
    const first = await reconcile(deps, { customer });
    const second = await reconcile(deps, { customer });
    const [before] = ofKind(first.variances, 'grant_amount');
    const [after] = ofKind(second.variances, 'grant_amount');
    expect(before).toMatchObject({ ours: '9', theirs: '10000', unit: 'usd', amount: '9991', state: 'open' });
    expect(after?.varianceId).toBe(before?.varianceId);
    await sql(customer, `update credit_grants set amount_minor = 10000 where customer_id = :c`);
    expect(await reconcile(deps, { customer })).toMatchObject({ unexplained: 0, variances: [] });
    const closed = await listVariances(database, { states: ['corrected'], customer, limit: 10 });
    expect(closed.map(({ varianceId }) => varianceId)).toContain(before?.varianceId);
  });

  test('what a person explained stays explained while its amount stays', async () => {
    const customer = await stages.running();
    await sql(customer, `update credit_grants set amount_minor = 9 where customer_id = :c`);
    await reconcile(deps, { customer });
    await sql(customer, `update variances set state = 'explained', explanation = 'agreed' where customer_id = :c`);
    expect(await reconcile(deps, { customer })).toMatchObject({ unexplained: 0 });
    await sql(customer, `update credit_grants set amount_minor = 8 where customer_id = :c`);
    const { variances } = await reconcile(deps, { customer });
    expect(ofKind(variances, 'grant_amount')).toMatchObject([{ state: 'open', amount: '9992', explanation: 'agreed' }]);
  });
});

describe('a run that stopped', () => {
  test('goes on after the customer that it finished last', async () => {
    const customers = [await stages.running(), await stages.running()];
    const last = customers.map(({ customerId }) => customerId).toSorted()[0] ?? '';
    const { reconciliationId } = await reconcile(deps, { full: true }, nothingRepaired);
    await asOwner(ownerConnectionString, async (owner) =>
      owner.query(
        `update reconciliations set finished_at = null, checks = jsonb_set(checks, '{afterCustomer}', to_jsonb($2::text))
         where reconciliation_id = $1`,
        [reconciliationId, last],
      ),
    );
    const seen: number[] = [];
    const resumed = await reconcile(
      deps,
      { full: true, onProgress: ({ customers: done }) => seen.push(done) },
      nothingRepaired,
    );
    expect(resumed.reconciliationId).toBe(reconciliationId);
    expect(seen).toHaveLength(1);
  });
});
