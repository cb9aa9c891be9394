import { afterAll, describe, expect, test } from 'vitest';

import { NIL_ID } from '../../src/domain/account.ts';
import { VARIANCE_KINDS } from '../../src/domain/variance-kinds.ts';
import { placeHold } from '../../src/operations/place-hold.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { query } from '../../src/storage/query.ts';
import { customersToReconcile } from '../../src/storage/reconciliation/scope.ts';
import { listVariances } from '../../src/storage/variances.ts';
import { planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Detection, openDetectionTable } from '../support/detection-table.ts';
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
const table = openDetectionTable();
afterAll(async () => table.write());

const OF_NOBODY = ['stripe_event_parked', 'stripe_event_stuck'] as const;

describe('on clean books', () => {
  test('a settled cycle with a credit note leaves nothing, and nothing is left of a run but its counts', async () => {
    const customer = await stages.settled();
    const result = await reconcile(deps, { full: true });
    table.falseAlarms(result.unexplained);
    expect(result).toMatchObject({ checks: 6, customers: 1, unexplained: 0, variances: [] });
    expect(result.compared).toBeGreaterThan(15);
    // Of the customer, and of the catalogue: a meter, and for each plan its product and two prices.
    expect(result.reads).toBeLessThan(12 + 1 + 2 * 3 + 2);
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
    for (const kind of OF_NOBODY) {
      const { check: checkName, class: varianceClass } = VARIANCE_KINDS[kind];
      const found = ofKind(variances, kind).map((variance) => ({ ...variance, kind }));
      noteDetection(kind, 'an event of Stripe waits', found, { checkName, class: varianceClass, state: 'open', kind });
    }
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

/** Other lives of A1 whose books are right: nothing in them may be called a difference. */
const HISTORIES: readonly { readonly lived: string; readonly live: () => Promise<Seeded> }[] = [
  {
    lived: 'a pack was bought and pays the overage',
    live: async () => stages.settled((customer) => stages.buyPack(customer)),
  },
  {
    lived: 'a hold stays open over the period end',
    live: async () =>
      stages.settled(async ({ stripeCustomerId: customer }) => {
        const held = await placeHold(stage, {
          customer,
          action: 'api.call',
          member: null,
          quantities: { calls: 40n },
          amount: null,
          ttlSeconds: 86_400,
          key: 'h',
          fingerprint: 'h',
        });
        expect(held).toHaveProperty('hold');
      }),
  },
  {
    lived: 'usage of May, and a credit note that the next invoice takes',
    live: async () => {
      const customer = await stages.settled();
      await noteOn(customer, { credit_amount: 1000 });
      await stage.use(customer, 9000, '2026-05-01T00:46:00Z');
      await stages.report();
      await stages.endPeriod(customer, '2026-06-01');
      return customer;
    },
  },
  {
    lived: 'a credit note was refunded to the card',
    live: async () => {
      const customer = await stages.settled();
      await noteOn(customer, { refund_amount: 1000 });
      await stage.apply();
      return customer;
    },
  },
  {
    lived: 'usage was reversed before its period ended',
    live: async () =>
      stages.settled(async (customer) => {
        await reverseAll(customer);
        await stages.report();
      }),
  },
  {
    lived: 'billed usage was reversed after its invoice',
    live: async () => {
      const customer = await stages.settled();
      await reverseAll(customer);
      await stage.drain();
      await stage.apply();
      return customer;
    },
  },
  {
    lived: 'the cycle invoice was voided',
    live: async () => {
      const customer = await stages.settled(undefined, 'hybrid', 'send_invoice');
      const { stripe } = deps;
      const [open] = (await stripe.invoices.list({ customer: customer.stripeCustomerId, status: 'open' })).data;
      await stripe.invoices.voidInvoice(open?.id ?? '');
      await stage.apply();
      await stage.drain();
      await stage.apply();
      return customer;
    },
  },
];

async function noteOn(customer: Seeded, paid: { credit_amount?: number; refund_amount?: number }): Promise<void> {
  const [invoice] = (await deps.stripe.invoices.list({ customer: customer.stripeCustomerId })).data;
  await deps.stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 1000, email_type: 'none', ...paid });
  await stage.apply();
}

async function reverseAll(customer: Seeded): Promise<void> {
  const events = await query<{ id: string }>(
    database,
    `select usage_event_id as id from usage_events where lane = $1 and customer_id = $2`,
    [customer.lane, customer.customerId],
  );
  const asked = {
    customer,
    usageEventIds: events.map(({ id }) => id),
    reason: 'duplicate',
    ticket: 'T-1',
    actor: 'me',
  };
  expect(await reverseUsage(deps, asked)).toHaveProperty('reversed');
}

describe('other books that are right leave nothing unexplained', () => {
  test.for(HISTORIES)('$lived', async ({ live }) => {
    const customer = await live();
    const { unexplained, variances, byCheck } = await reconcile(deps, { customer }, nothingRepaired);
    table.falseAlarms(unexplained);
    expect(variances.filter(({ state }) => state === 'open')).toEqual([]);
    expect(unexplained).toBe(0);
    expect(byCheck.invoices.compared).toBeGreaterThan(5);
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
  'credit_note_foreign',
  'credit_note_in_flight',
  'balance_behind',
  'money_back_behind',
  'clearing_pending',
]);

/** Stripe's own arithmetic cannot be broken from outside; test/domain/reconciliation.test.ts plants these. */
const PLANTED_IN_DOMAIN_TESTS = [
  'invoice_identity',
  'invoice_owed_rounding',
  'invoice_excess_credited',
  'invoice_gift_accepted',
];
/** What was pushed belongs to nobody either; test/operations/catalogue-drift.test.ts plants these. */
const OF_CATALOGUE = ['catalogue_missing', 'catalogue_archived', 'catalogue_altered', 'catalogue_renamed'];

type Sighting = Pick<Detection, 'class'> & {
  readonly checkName: string;
  readonly state: string;
  readonly kind?: string | undefined;
};

function noteDetection(planted: string, done: string, found: readonly Sighting[], expected: Sighting): void {
  const seen = found.filter(({ kind }) => kind === planted);
  const right = seen.filter(
    (one) => one.checkName === expected.checkName && one.class === expected.class && one.state === expected.state,
  );
  table.note({
    planted,
    done,
    check: expected.checkName,
    class: expected.class,
    found: seen.length > 0,
    misclassified: seen.length > 0 && right.length === 0,
  });
}

describe('one difference of each kind is found', () => {
  test.for(SEEDS)('$kind: $done', async ({ kind, done, plant }) => {
    const customer = await plant(hand);
    const { variances, unexplained } = await reconcile(deps, { customer }, nothingRepaired);
    const { check, class: varianceClass } = VARIANCE_KINDS[kind];
    const state = EXPLAINED.has(kind) ? 'explained' : 'open';
    const planted = { checkName: check, class: varianceClass, state, kind };
    const found = variances.map((variance) => ({ ...variance, kind: variance.subject.split(' ')[0] }));
    noteDetection(kind, done, found, planted);
    expect(found).toContainEqual(expect.objectContaining(planted));
    expect(unexplained).toBe(variances.filter((variance) => variance.state === 'open').length);
    expect(unexplained === 0).toBe(EXPLAINED.has(kind));
  });

  test('and there is a planted one for every kind that is known', () => {
    const planted = [...SEEDS.map(({ kind }) => kind), ...PLANTED_IN_DOMAIN_TESTS, ...OF_NOBODY, ...OF_CATALOGUE];
    expect(planted.toSorted()).toEqual(Object.keys(VARIANCE_KINDS).toSorted());
  });
});

describe('what is safe is repaired, and says so', () => {
  test.for([
    'meter_events_never_sent',
    'message_stuck',
    'invoice_unmirrored',
    'invoice_stale',
    'invoice_amount',
    'invoice_line_missing_here',
    'credit_movement_missing_here',
    'credit_note_unmirrored',
    'balance_movement_missing_here',
    'customer_balance',
    'refund_unmirrored',
    'refund_stale',
    'dispute_unmirrored',
    'dispute_stale',
  ] as const)('%s is gone after the run that found it', async (kind) => {
    const seed = SEEDS.find((planted) => planted.kind === kind);
    const customer = await seed?.plant(hand);
    if (customer === undefined) throw new Error(`nothing plants ${kind}`);
    const { byCheck, variances } = await reconcile(deps, { customer });
    expect(byCheck[VARIANCE_KINDS[kind].check].repaired).toBeGreaterThan(0);
    expect(ofKind(variances, kind)).toEqual([]);
    const closed = await listVariances(database, { states: ['corrected'], customer, limit: 100 });
    expect(ofKind(closed, kind)[0]?.explanation).toMatch(/^The run (fetched|sent) .* Not found any more\.$/);
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

describe('who is compared', () => {
  test('only those who changed since the last run, or whose variance is not closed', async () => {
    const [quiet, busy, open] = [await stages.running(), await stages.running(), await stages.running()];
    for (const customer of [quiet, busy, open]) await sql(customer, LONG_AGO);
    await sql(busy, `update invoices set fetched_at = '2026-03-20' where customer_id = :c`);
    await sql(open, `update credit_grants set amount_minor = 9 where customer_id = :c`);
    await reconcile(deps, { customer: open }, nothingRepaired);
    const found = async (since: Date | null): Promise<readonly string[]> => {
      const customers = await customersToReconcile(database, { since, after: null, limit: 1000 });
      const mine = new Set([quiet, busy, open].map(({ customerId }) => customerId));
      return customers.map(({ customerId }) => customerId).filter((id) => mine.has(id));
    };
    expect(await found(null)).toHaveLength(3);
    expect(await found(new Date('2026-03-15'))).toEqual([busy.customerId, open.customerId].toSorted());
    await sql(open, `update variances set state = 'written_off' where customer_id = :c`);
    expect(await found(new Date('2026-03-15'))).toEqual([busy.customerId]);
  });
});

const LONG_AGO = `
  update customers set updated_at = '2026-03-01' where customer_id = :c;
  update journal_entries set recorded_at = '2026-03-01' where customer_id = :c;
  update invoices set fetched_at = '2026-03-01' where customer_id = :c;
  update outbox set created_at = '2026-03-01', finished_at = '2026-03-01' where customer_id = :c`;

describe('a run that stopped', () => {
  test('goes on after the customer that it finished last', { timeout: 120_000 }, async () => {
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
