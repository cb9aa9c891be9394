// One planted difference of each kind: what somebody does at Stripe or in our database, to a customer of which stage.
import { Stripe } from 'stripe';

import type { VarianceKindName } from '../../src/domain/variance-kinds.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { query } from '../../src/storage/query.ts';
import { tellTheBank } from './bank.ts';
import type { Inbox } from './inbox.ts';
import type { Seeded, Stages } from './reconciled.ts';

export interface Hand {
  readonly stage: Inbox;
  readonly stages: Stages;
  /** One statement as the owner of the tables, triggers off; `:c` stands for the customer. */
  readonly sql: (customer: Seeded, statement: string) => Promise<void>;
}

export interface Seed {
  readonly done: string;
  readonly kind: VarianceKindName;
  /** Makes the customer and the difference. */
  readonly plant: (hand: Hand) => Promise<Seeded>;
}

const CREDIT_GRANT = { type: 'monetary', monetary: { currency: 'usd', value: 500 } } as const;

function running(kind: VarianceKindName, done: string, damage: string): Seed {
  return {
    kind,
    done,
    plant: async ({ stages, sql }) => {
      const customer = await stages.running();
      await sql(customer, damage);
      return customer;
    },
  };
}

function settled(kind: VarianceKindName, done: string, damage: string): Seed {
  return {
    kind,
    done,
    plant: async ({ stages, sql }) => {
      const customer = await stages.settled();
      await sql(customer, damage);
      return customer;
    },
  };
}

/** A credit note of $10.00 on the usage line, to the customer balance; `hear` applies its events. */
async function note(
  { stage }: Hand,
  customer: Seeded,
  { times = 1, metadata = {} }: { times?: number; metadata?: Record<string, string> } = {},
): Promise<void> {
  const { stripe } = stage.deps;
  const [invoice] = (await stripe.invoices.list({ customer: customer.stripeCustomerId })).data;
  if (invoice === undefined) throw new Error('there is no invoice');
  for (let turn = 0; turn < times; turn += 1) {
    await stripe.creditNotes.create({
      invoice: invoice.id,
      amount: 1000,
      credit_amount: 1000,
      email_type: 'none',
      metadata,
    });
  }
}

async function noted(hand: Hand): Promise<Seeded> {
  const customer = await hand.stages.settled();
  await note(hand, customer);
  await hand.stage.apply();
  return customer;
}

async function unheard(hand: Hand): Promise<Seeded> {
  const customer = await hand.stages.settled();
  await note(hand, customer);
  await hand.stage.simulator.settled();
  return customer;
}

function onNote(kind: VarianceKindName, done: string, damage: string): Seed {
  return {
    kind,
    done,
    plant: async (hand) => {
      const customer = await noted(hand);
      await hand.sql(customer, damage);
      return customer;
    },
  };
}

async function unsent({ stages, stage }: Hand): Promise<Seeded> {
  const customer = await stages.running();
  await stage.use(customer, 100, '2026-04-01T00:00:00Z');
  await rollUpUsage(stage.deps, { limit: 10, flush: true });
  return customer;
}

async function meteredPrice({ stage }: Hand): Promise<string> {
  const [row] = await query<{ id: string }>(
    stage.db,
    `select stripe_metered_price_id as id from plan_versions limit 1`,
  );
  return row?.id ?? '';
}

async function foreignEvent({ stage }: Hand, customer: Seeded, value: string): Promise<void> {
  const [unit] = await query<{ name: string }>(stage.db, `select event_name as name from credit_units`);
  await stage.deps.stripe.billing.meterEvents.create({
    event_name: unit?.name ?? '',
    payload: { stripe_customer_id: customer.stripeCustomerId, value },
    timestamp: Date.parse('2026-04-01T00:00:00Z') / 1000,
  });
  await stage.simulator.settled();
}

async function aged(hand: Hand, customer: Seeded): Promise<void> {
  await hand.sql(
    customer,
    `update outbox set created_at = created_at - interval '2 hours', finished_at = finished_at - interval '2 hours',
       next_at = next_at - interval '2 hours' where customer_id = :c`,
  );
}

const USAGE: readonly Seed[] = [
  {
    kind: 'usage_not_rolled_up',
    done: 'usage of the running hour',
    plant: async ({ stages, stage }) => {
      const customer = await stages.running();
      await stage.use(customer, 5, '2026-04-01T00:00:00Z');
      return customer;
    },
  },
  { kind: 'usage_in_flight', done: 'a meter event waits for the relay', plant: unsent },
  {
    kind: 'meter_events_never_sent',
    done: 'a meter event has waited for two hours',
    plant: async (hand) => {
      const customer = await unsent(hand);
      await aged(hand, customer);
      return customer;
    },
  },
  {
    kind: 'meter_events_swallowed',
    done: 'Stripe swallowed a meter event two hours ago',
    plant: async (hand) => {
      const customer = await unsent(hand);
      hand.stage.simulator.faults.swallowMeterEvents(1);
      await hand.stages.report();
      await aged(hand, customer);
      return customer;
    },
  },
  {
    kind: 'meter_events_foreign',
    done: 'another hand reports to the meter',
    plant: async (hand) => {
      const customer = await hand.stages.running();
      await foreignEvent(hand, customer, '123');
      return customer;
    },
  },
  {
    kind: 'meter_event_twice',
    done: 'an event of ours is counted twice',
    plant: async (hand) => {
      const customer = await hand.stages.running();
      await foreignEvent(hand, customer, '700000');
      return customer;
    },
  },
  running(
    'meter_total',
    'a message to the meter is changed',
    `update outbox set request = jsonb_set(request, '{payload,value}', '"1"') where customer_id = :c and queue = 'meter'`,
  ),
];

const CREDITS: readonly Seed[] = [
  {
    kind: 'grant_in_flight',
    done: 'a true-up waits for the relay',
    plant: async ({ stages, stage }) => {
      const customer = await stages.running();
      const { stripe } = stage.deps;
      await buyAtStripe(stripe, customer, await packPrice(stage));
      await stage.apply();
      return customer;
    },
  },
  running(
    'grant_never_made',
    'a wanted grant never reached Stripe',
    `insert into credit_grants select lane, customer_id, gen_random_uuid(), pool_id, null, currency, 700, category, priority,
       metered_price_id, effective_at, backstop_at, 'wanted', created_at from credit_grants where customer_id = :c`,
  ),
  running(
    'grant_missing_there',
    'a grant carries an id that Stripe does not know',
    `update credit_grants set stripe_grant_id = 'credgr_nobody' where customer_id = :c`,
  ),
  {
    kind: 'grant_ended_there',
    done: 'somebody expires a grant in the dashboard',
    plant: async (hand) => expiredGrant(hand),
  },
  running(
    'grant_not_ended',
    'a grant that ended here is open at Stripe',
    `update credit_grants set state = 'ended' where customer_id = :c`,
  ),
  {
    kind: 'grant_foreign',
    done: 'somebody makes a grant in the dashboard',
    plant: async (hand) => foreignGrant(hand, await hand.stages.running(), {}),
  },
  {
    kind: 'grant_twice',
    done: 'a grant of ours was made twice',
    plant: async (hand) => {
      const customer = await hand.stages.running();
      const { data } = await hand.stage.deps.stripe.billing.creditGrants.list({ customer: customer.stripeCustomerId });
      return foreignGrant(hand, customer, { creditpool_key: data[0]?.metadata['creditpool_key'] ?? '' });
    },
  },
  running(
    'grant_amount',
    'a grant is worth more here',
    `update credit_grants set amount_minor = 9 where customer_id = :c`,
  ),
  running(
    'grant_currency',
    'a grant is in another currency here',
    `update credit_grants set currency = 'eur' where customer_id = :c`,
  ),
  running(
    'grant_terms',
    'a grant is of another category here',
    `update credit_grants set category = 'promotional' where customer_id = :c`,
  ),
  { kind: 'grants_total', done: 'a grant that lots need is gone', plant: async (hand) => expiredGrant(hand) },
  settled(
    'credit_movement_missing_here',
    'what an invoice took of the credits was not mirrored',
    `delete from credit_balance_transactions where customer_id = :c and type = 'credits_applied'`,
  ),
  settled(
    'credit_movement_missing_there',
    'a credit movement that Stripe does not know',
    `insert into credit_balance_transactions select lane, customer_id, 'cbtxn_nobody', stripe_grant_id, type, amount_minor,
       currency, invoice_id, effective_at, object from credit_balance_transactions
       where customer_id = :c and type = 'credits_applied'`,
  ),
  settled(
    'credit_movement_amount',
    'a mirrored credit movement is changed',
    `update credit_balance_transactions set amount_minor = amount_minor - 1
     where customer_id = :c and type = 'credits_applied'`,
  ),
  {
    kind: 'credits_applied',
    done: 'an invoice took credits of a grant by another hand',
    plant: async (hand) => hand.stages.settled(async (customer) => void (await foreignGrant(hand, customer, {}))),
  },
  {
    kind: 'credits_applied_rounding',
    done: 'lots paid a fraction of a cent',
    plant: async ({ stages, stage }) => {
      const customer = await stages.running();
      await fraction(stage, customer, 400n);
      await stages.report();
      await stages.endApril(customer);
      return customer;
    },
  },
  {
    kind: 'credits_applied_shaped',
    done: 'a correction made up for credits that did not fit',
    plant: async (hand) => shaped(hand),
  },
];

async function expiredGrant({ stages, stage }: Hand): Promise<Seeded> {
  const customer = await stages.running();
  const { creditGrants } = stage.deps.stripe.billing;
  const { data } = await creditGrants.list({ customer: customer.stripeCustomerId });
  await creditGrants.expire(data[0]?.id ?? '');
  return customer;
}

async function foreignGrant(hand: Hand, customer: Seeded, metadata: Record<string, string>): Promise<Seeded> {
  await hand.stage.deps.stripe.billing.creditGrants.create({
    customer: customer.stripeCustomerId,
    amount: CREDIT_GRANT,
    category: 'promotional',
    applicability_config: { scope: { prices: [{ id: await meteredPrice(hand) }] } },
    metadata,
  });
  return customer;
}

/** Tokens worth a fraction of a credit. */
async function fraction(stage: Inbox, customer: Seeded, tokens: bigint): Promise<void> {
  const event = {
    eventId: crypto.randomUUID(),
    customer: customer.stripeCustomerId,
    action: 'llm.complete',
    quantities: { input_tokens: tokens, output_tokens: 0n },
    occurredAt: new Date('2026-04-01T00:00:00Z'),
    member: null,
    source: 'test',
  };
  await trackUsage(stage, { events: [event] });
}

/** A pack bought after the overage that may not pay it: eligible grants are worth more than lots paid. */
async function shaped({ stages }: Hand): Promise<Seeded> {
  return stages.settled((customer) => stages.buyPack(customer), 'no-paydown');
}

async function packPrice({ db }: Inbox): Promise<string> {
  const [row] = await query<{ id: string }>(db, `select stripe_price_id as id from pack_versions limit 1`);
  return row?.id ?? '';
}

async function buyAtStripe(stripe: Inbox['deps']['stripe'], { stripeCustomerId: customer }: Seeded, price: string) {
  const { id: invoice } = await stripe.invoices.create({ customer, auto_advance: false });
  if (invoice === undefined) throw new Error('Stripe made an invoice without an id');
  await stripe.invoiceItems.create({ customer, invoice, pricing: { price } });
  await stripe.invoices.finalizeInvoice(invoice);
  await stripe.invoices.pay(invoice);
}

const CYCLE = `customer_id = :c and invoice_id = (select invoice_id from billing_periods where customer_id = :c and state = 'final')`;

const INVOICES: readonly Seed[] = [
  {
    kind: 'seats_prorated_away',
    done: 'somebody takes a seat away in the dashboard, with money back',
    plant: async ({ stages, stage }) => {
      const customer = await stages.running();
      const { subscriptions } = stage.deps.stripe;
      const { items } = await subscriptions.retrieve(customer.subscriptionId);
      const id = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed')?.id ?? '';
      for (const [quantity, behavior] of [
        [2, 'none'],
        [1, 'create_prorations'],
      ] as const) {
        await subscriptions.update(customer.subscriptionId, {
          items: [{ id, quantity }],
          proration_behavior: behavior,
        });
        await stage.apply();
      }
      return customer;
    },
  },
  {
    kind: 'invoice_unmirrored',
    done: 'the events of an invoice got lost',
    plant: async ({ stages, stage, sql }) => {
      const customer = await stages.running();
      await buyAtStripe(stage.deps.stripe, customer, await packPrice(stage));
      await stage.simulator.settled();
      await sql(customer, `delete from stripe_events where state = 'received'`);
      return customer;
    },
  },
  {
    kind: 'invoice_behind',
    done: 'the events of an invoice wait in the inbox',
    plant: async ({ stages, stage }) => {
      const customer = await stages.running();
      await buyAtStripe(stage.deps.stripe, customer, await packPrice(stage));
      await stage.simulator.settled();
      return customer;
    },
  },
  running(
    'invoice_missing_there',
    'an invoice that Stripe does not know',
    `insert into invoices select lane, customer_id, 'in_nobody', number, subscription_id, billing_reason, status, currency,
       period_start, period_end, subtotal_minor, discounts_minor, credits_applied_minor, tax_minor, total_minor,
       starting_balance_minor, ending_balance_minor, amount_due_minor, amount_paid_minor, amount_remaining_minor, created_at,
       finalized_at, paid_at, voided_at, uncollectible_at, object, fetched_at from invoices where customer_id = :c`,
  ),
  running(
    'invoice_stale',
    'an invoice is still open here',
    `update invoices set status = 'open' where customer_id = :c`,
  ),
  running('invoice_amount', 'a total is changed here', `update invoices set total_minor = 1 where customer_id = :c`),
  running(
    'invoice_currency',
    'an invoice is in euro here',
    `update invoices set currency = 'eur' where customer_id = :c`,
  ),
  settled(
    'invoice_line_missing_here',
    'a line is not mirrored',
    `delete from invoice_lines where ${CYCLE} and kind = 'usage'`,
  ),
  settled(
    'invoice_line_missing_there',
    'a line that Stripe does not know',
    `update invoice_lines set line_id = 'il_nobody' where ${CYCLE} and kind = 'usage'`,
  ),
  settled(
    'invoice_line_amount',
    'a line is changed here',
    `update invoice_lines set amount_minor = amount_minor + 1 where ${CYCLE} and kind = 'usage'`,
  ),
  settled('invoice_payment_missing_here', 'a payment is not mirrored', `delete from invoice_payments where ${CYCLE}`),
  settled(
    'invoice_payment_missing_there',
    'a payment that Stripe does not know',
    `update invoice_payments set invoice_payment_id = 'inpay_nobody' where ${CYCLE}`,
  ),
  settled(
    'invoice_payment_amount',
    'a payment is changed here',
    `update invoice_payments set amount_paid_minor = 1 where ${CYCLE}`,
  ),
  settled(
    'invoice_twice',
    'two invoices bill one cycle',
    `insert into invoices select lane, customer_id, 'in_twin', number, subscription_id, billing_reason, 'open', currency,
       period_start, period_end, subtotal_minor, discounts_minor, credits_applied_minor, tax_minor, total_minor,
       starting_balance_minor, ending_balance_minor, amount_due_minor, amount_paid_minor, amount_remaining_minor, created_at,
       finalized_at, paid_at, voided_at, uncollectible_at, object, fetched_at from invoices where ${CYCLE};
     insert into invoice_lines select lane, customer_id, 'in_twin', 'il_twin', position, kind, price_id, description,
       quantity, amount_minor, discounts_minor, credits_applied_minor, tax_minor, period_start, period_end, object
       from invoice_lines where ${CYCLE} and kind = 'usage'`,
  ),
  settled(
    'usage_quantity',
    'more was billed than was reported',
    `update billing_periods set emitted_units = emitted_units - 1000 where customer_id = :c and state = 'final'`,
  ),
  {
    kind: 'invoice_owed',
    done: 'an invoice asks for less than is owed',
    plant: async (hand) => hand.stages.settled(async (customer) => void (await foreignGrant(hand, customer, {}))),
  },
  { kind: 'invoice_corrected', done: 'an item corrected the draft', plant: async (hand) => shaped(hand) },
  {
    kind: 'correction_taxed_otherwise',
    done: 'somebody corrects taxed usage by an item without tax',
    plant: async (hand) =>
      hand.stages.settled(async ({ subscriptionId, stripeCustomerId: customer }) => {
        const { stripe } = hand.stage.deps;
        const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
        const { items } = await stripe.subscriptions.retrieve(subscriptionId);
        const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
        await stripe.subscriptionItems.update(metered?.id ?? '', { tax_rates: [vat.id] });
        const metadata = { creditpool: 'correction' };
        await stripe.invoiceItems.create({ customer, amount: -100, currency: 'usd', metadata });
      }),
  },
  {
    kind: 'usage_billed_besides',
    done: 'an invoice of the host bills usage at a price on our meter',
    plant: async ({ stages, stage, sql }) => {
      const customer = await stages.settled();
      const { stripe } = stage.deps;
      const whose = { customer: customer.stripeCustomerId };
      const { id: invoice } = await stripe.invoices.create({ ...whose, currency: 'usd' });
      const price = await stripe.prices.create({
        currency: 'usd',
        unit_amount: 700,
        product_data: { name: 'By another hand' },
      });
      await stripe.invoiceItems.create({ ...whose, invoice, pricing: { price: price.id } });
      await stripe.invoices.finalizeInvoice(invoice);
      await stage.apply();
      await sql(customer, `update foreign_prices set stripe_meter_id = (select stripe_meter_id from credit_units)`);
      return customer;
    },
  },
  settled(
    'invoice_held',
    'the gate holds a draft',
    `update settlements set state = 'held', held_because = 'a discount reaches the usage line' where customer_id = :c`,
  ),
  settled(
    'invoice_unposted',
    'the entries of an invoice are gone',
    `update journal_entries set source_id = 'in_nobody' where customer_id = :c and source_type = 'stripe_invoice'
       and source_id = (select invoice_id from billing_periods where customer_id = :c and state = 'final')`,
  ),
  running(
    'invoice_without_lot',
    'a paid sign-up opened no lot',
    `update lots set source_type = 'opening' where customer_id = :c`,
  ),
];

const CREDIT_NOTES: readonly Seed[] = [
  { kind: 'credit_note_foreign', done: 'somebody writes a credit note in the dashboard', plant: noted },
  {
    kind: 'credit_note_unmirrored',
    done: 'somebody writes a credit note in the dashboard and its events get lost',
    plant: async (hand) => {
      const customer = await hand.stages.settled();
      await note(hand, customer);
      await hand.stage.simulator.settled();
      await hand.sql(customer, `delete from stripe_events where state = 'received'`);
      return customer;
    },
  },
  {
    kind: 'credit_note_in_flight',
    done: 'the events of a credit note wait in the inbox',
    plant: async (hand) => unheard(hand),
  },
  {
    kind: 'balance_behind',
    done: 'the event of a changed balance waits in the inbox',
    plant: async (hand) => unheard(hand),
  },
  onNote(
    'credit_note_missing_there',
    'a credit note that Stripe does not know',
    `insert into credit_notes select lane, customer_id, 'cn_nobody', invoice_id, number, status, reason, total_minor,
       pre_payment_minor, post_payment_minor, currency, created_at, voided_at, object, lines, fetched_at
       from credit_notes where customer_id = :c`,
  ),
  onNote(
    'credit_note_amount',
    'a credit note is changed here',
    `update credit_notes set total_minor = 1 where customer_id = :c`,
  ),
  onNote(
    'credit_note_currency',
    'a credit note is in euro here',
    `update credit_notes set currency = 'eur' where customer_id = :c`,
  ),
  {
    kind: 'credit_note_spent',
    done: 'somebody gives the whole price of a pack back in the dashboard, after half of it was used',
    plant: async (hand) => {
      const { stage, stages } = hand;
      const { deps } = stage;
      const customer = await stages.settled();
      await stages.buyPack(customer);
      await stage.use(customer, 15_000, '2026-05-01T00:46:00Z');
      const [bought] = (await deps.stripe.invoices.list({ customer: customer.stripeCustomerId })).data;
      const [line] = bought?.lines.data ?? [];
      const invoice = bought?.id ?? '';
      const amount = line?.amount ?? 0;
      await deps.stripe.creditNotes.create({
        invoice,
        lines: [{ type: 'invoice_line_item', invoice_line_item: line?.id ?? '', amount }],
        credit_amount: amount,
        email_type: 'none',
      });
      await stage.apply();
      await stage.drain();
      return customer;
    },
  },
  {
    kind: 'credit_note_twice',
    done: 'a credit note of ours was issued twice',
    plant: async (hand) => {
      const customer = await hand.stages.settled();
      await note(hand, customer, { times: 2, metadata: { creditpool_key: 'credit_note/1' } });
      await hand.stage.apply();
      return customer;
    },
  },
  onNote(
    'credit_note_unposted',
    'the entry of a credit note is gone',
    `update journal_entries set source_id = 'cn_nobody'
     where customer_id = :c and source_type = 'stripe_credit_note'`,
  ),
  settled(
    'credit_note_never_issued',
    'a credit note that was asked for never left',
    `insert into credit_note_requests (lane, customer_id, credit_note_request_id, invoice_id, reason, ticket, requested_by,
       request, preview, state, created_at)
     select lane, customer_id, gen_random_uuid(), 'in_1', 'reason', 'T-1', 'me', '{}', '{}', 'waiting', now()
       from customers where customer_id = :c`,
  ),
  onNote(
    'balance_movement_missing_here',
    'a movement of the customer balance is not mirrored',
    `delete from customer_balance_transactions where customer_id = :c`,
  ),
  onNote(
    'balance_movement_missing_there',
    'a movement of the customer balance that Stripe does not know',
    `update customer_balance_transactions set transaction_id = 'cbtxn_nobody' where customer_id = :c`,
  ),
  onNote(
    'balance_movement_amount',
    'a movement of the customer balance is changed here',
    `update customer_balance_transactions set amount_minor = 1 where customer_id = :c`,
  ),
  onNote(
    'customer_balance',
    'the mirrored balance is changed',
    `update customers set stripe_balance_minor = 7 where customer_id = :c`,
  ),
];

/** An invoice of $99.00 that a card paid, and what somebody at the dashboard, or a bank, does to the payment. */
async function paymentOf({ stage }: Hand, { stripeCustomerId }: Seeded): Promise<string> {
  const [charge] = (await stage.deps.stripe.charges.list({ customer: stripeCustomerId })).data;
  return charge?.id ?? '';
}

async function refunded(hand: Hand, { heard = true } = {}): Promise<Seeded> {
  const customer = await hand.stages.settled();
  await hand.stage.deps.stripe.refunds.create({ charge: await paymentOf(hand, customer), amount: 1000 });
  return after(hand, customer, heard);
}

async function disputed(hand: Hand, { heard = true } = {}): Promise<Seeded> {
  const customer = await hand.stages.settled();
  await tellTheBank(hand.stage.simulator.url, '/disputes', { charge: await paymentOf(hand, customer), amount: 1000 });
  return after(hand, customer, heard);
}

async function after({ stage, sql }: Hand, customer: Seeded, heard: boolean): Promise<Seeded> {
  await stage.simulator.settled();
  if (heard) await stage.apply();
  else await sql(customer, `delete from stripe_events where state = 'received'`);
  return customer;
}

const MONEY_BACK: readonly Seed[] = [
  {
    kind: 'refund_unmirrored',
    done: 'somebody refunds a payment in the dashboard and its events get lost',
    plant: async (hand) => refunded(hand, { heard: false }),
  },
  {
    kind: 'refund_without_note',
    done: 'somebody refunds a payment in the dashboard and writes no credit note',
    plant: async (hand) => refunded(hand),
  },
  {
    kind: 'refund_missing_there',
    done: 'a refund that Stripe does not know',
    plant: async (hand) => {
      const customer = await refunded(hand);
      await hand.sql(customer, `update refunds set refund_id = 're_nobody' where customer_id = :c`);
      return customer;
    },
  },
  {
    kind: 'refund_stale',
    done: 'a refund is pending here',
    plant: async (hand) => {
      const customer = await refunded(hand);
      await hand.sql(customer, `update refunds set status = 'pending' where customer_id = :c`);
      return customer;
    },
  },
  {
    kind: 'refund_failed',
    done: 'a bank sends the refund of a credit note back',
    plant: async (hand) => {
      const customer = await hand.stages.settled();
      const { stripe } = hand.stage.deps;
      const [invoice] = (await stripe.invoices.list({ customer: customer.stripeCustomerId })).data;
      await stripe.creditNotes.create({
        invoice: invoice?.id ?? '',
        amount: 1000,
        refund_amount: 1000,
        email_type: 'none',
      });
      const [refund] = (await stripe.refunds.list()).data;
      await tellTheBank(hand.stage.simulator.url, `/refunds/${refund?.id}/fail`);
      return after(hand, customer, true);
    },
  },
  {
    kind: 'dispute_unmirrored',
    done: 'a bank disputes a payment and its events get lost',
    plant: async (hand) => disputed(hand, { heard: false }),
  },
  {
    kind: 'dispute_missing_there',
    done: 'a dispute that Stripe does not know',
    plant: async (hand) => {
      const customer = await disputed(hand);
      await hand.sql(customer, `update disputes set dispute_id = 'dp_nobody' where customer_id = :c`);
      return customer;
    },
  },
  {
    kind: 'dispute_stale',
    done: 'a dispute is won here',
    plant: async (hand) => {
      const customer = await disputed(hand);
      await hand.sql(customer, `update disputes set status = 'won' where customer_id = :c`);
      return customer;
    },
  },
  {
    kind: 'money_back_behind',
    done: 'the event of a dispute waits in the inbox',
    plant: async (hand) => {
      const customer = await hand.stages.settled();
      const charge = await paymentOf(hand, customer);
      await tellTheBank(hand.stage.simulator.url, '/disputes', { charge, amount: 1000 });
      await hand.stage.simulator.settled();
      return customer;
    },
  },
  onNote(
    'balance_unposted',
    'the entry of a credit to the customer balance is gone',
    `update accounts set balance = balance + 1000 where customer_id = :c and kind = 'customer_balance'`,
  ),
];

const CLEARING = (days: number): string => `
  insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id)
    select lane, customer_id, '00000000-0000-7000-8000-0000000000${String(days).padStart(2, '0')}', 'test.clearing',
      timestamptz '2026-04-01', timestamptz '2026-04-01' - make_interval(days => ${days}), 'test', 'test', 'clearing'
    from customers where customer_id = :c;
  insert into accounts select lane, customer_id, '00000000-0000-0000-0000-000000000000',
      '00000000-0000-0000-0000-000000000000', kind, 'usd', balance
    from customers, (values ('refund_clearing', 500), ('rounding', -500)) as a (kind, balance) where customer_id = :c;
  insert into postings (lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind, to_pool_id,
      to_billing_period_id, to_kind, amount)
    select lane, customer_id, '00000000-0000-7000-8000-0000000000${String(days).padStart(2, '0')}', 0, 'usd',
      '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'rounding',
      '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'refund_clearing', 500
    from customers where customer_id = :c`;

const OURSELVES: readonly Seed[] = [
  running(
    'ledger_breach',
    'a balance is changed by hand',
    `update accounts set balance = balance + 1 where customer_id = :c and kind = 'available'`,
  ),
  {
    kind: 'message_parked',
    done: 'a message for Stripe is parked',
    plant: async (hand) => {
      const customer = await unsent(hand);
      await hand.sql(
        customer,
        `update outbox set state = 'parked', outcome = 'no such meter' where customer_id = :c and state = 'pending'`,
      );
      return customer;
    },
  },
  {
    kind: 'message_stuck',
    done: 'a message for Stripe has been due for two hours',
    plant: async (hand) => {
      const customer = await unsent(hand);
      await aged(hand, customer);
      return customer;
    },
  },
  running(
    'hold_overdue',
    'a hold outlives its end',
    `insert into holds (lane, customer_id, hold_id, pool_id, action, feature, quantities, amount, overage_reserved, state,
       placed_at, expires_at)
     select lane, customer_id, gen_random_uuid(), pool_id, 'api.call', 'api', '{}', 1, 1, 'open', '2026-03-31', '2026-03-31'
     from pools where customer_id = :c`,
  ),
  running(
    'cut_off_missed',
    'a period stays open past its cut-off',
    `update billing_periods set starts_at = '2026-03-01', ends_at = '2026-03-02', cut_off_at = '2026-03-02 00:45'
     where customer_id = :c`,
  ),
  {
    kind: 'usage_never_billed',
    done: 'a cycle with overage was canceled without an invoice',
    plant: async ({ stages, stage, sql }) => {
      const customer = await stages.running();
      await stage.use(customer, 9_400, '2026-04-01T00:00:00Z');
      await stages.report();
      await sql(
        customer,
        `update billing_periods set starts_at = '2026-02-01', ends_at = '2026-03-01', cut_off_at = '2026-03-01 00:45',
           state = 'cut_off' where customer_id = :c`,
      );
      return customer;
    },
  },
  {
    kind: 'usage_never_rolled_up',
    done: 'usage of three hours ago was not rolled up',
    plant: async ({ stages, stage, sql }) => {
      const customer = await stages.running();
      await stage.use(customer, 5, '2026-04-01T00:00:00Z');
      await sql(
        customer,
        `update meter_buckets set window_start = window_start - interval '3 hours' where customer_id = :c`,
      );
      return customer;
    },
  },
  running('clearing_pending', 'a refund is under way', CLEARING(1)),
  running('clearing_stuck', 'a refund never arrived', CLEARING(11)),
  running(
    'usage_counted_twice',
    'a usage event is stored twice',
    `insert into usage_events select lane, customer_id, gen_random_uuid(), source, event_id, occurred_at, recorded_at, action,
       member, quantities, credits, overage, debt, outcome, pool_id, billing_period_id, burn_rate_id, entry_id, entry_seq
       from usage_events where customer_id = :c`,
  ),
];

/** A hand at the dashboard moves the metered item, adds one, or sets a threshold. */
function byDashboard(
  kind: VarianceKindName,
  done: string,
  change: (hand: Hand, subscription: Stripe.Subscription, itemId: string) => Promise<unknown>,
): Seed {
  return {
    kind,
    done,
    plant: async (hand) => {
      const customer = await hand.stages.running();
      const { stripe } = hand.stage.deps;
      const subscription = await stripe.subscriptions.retrieve(customer.subscriptionId);
      const item = subscription.items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
      await change(hand, subscription, item?.id ?? '');
      await hand.stage.apply();
      return customer;
    },
  };
}

async function dearerPrice({ stage: { deps, db } }: Hand): Promise<string> {
  const [row] = await query<{ product: string; meter: string }>(
    db,
    `select stripe_product_id as product, stripe_meter_id as meter from plan_versions join credit_units using (unit) limit 1`,
  );
  const { id } = await deps.stripe.prices.create({
    product: row?.product ?? '',
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.002'),
    recurring: { interval: 'month', usage_type: 'metered', meter: row?.meter ?? '' },
  });
  return id;
}

const CATALOGUE: readonly Seed[] = [
  byDashboard('subscription_price_foreign', 'a subscription is moved to a dearer price', async (hand, { id }, item) =>
    hand.stage.deps.stripe.subscriptions.update(id, {
      items: [{ id: item, price: await dearerPrice(hand) }],
      proration_behavior: 'none',
    }),
  ),
  byDashboard('subscription_metered_twice', 'a second item counts by the same meter', async (hand, { id }) =>
    hand.stage.deps.stripe.subscriptionItems.create({ subscription: id, price: await dearerPrice(hand) }),
  ),
  byDashboard(
    'subscription_not_followed',
    'a second subscription has the fee alone',
    async (hand, { customer, items }) => {
      const fee = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
      const owner = typeof customer === 'string' ? customer : customer.id;
      return hand.stage.deps.stripe.subscriptions.create({ customer: owner, items: [{ price: fee?.price.id ?? '' }] });
    },
  ),
  running(
    'subscription_threshold',
    'a billing threshold is set',
    `update subscriptions set object = object::jsonb || '{"billing_thresholds": {"amount_gte": 5000}}' where customer_id = :c`,
  ),
];

export const SEEDS: readonly Seed[] = [
  ...USAGE,
  ...CREDITS,
  ...INVOICES,
  ...CREDIT_NOTES,
  ...MONEY_BACK,
  ...CATALOGUE,
  ...OURSELVES,
];
