// The invoices of a customer once more, from raw inputs: what the meter counted, prices, and what the journal says that
// no lot paid. It shares no code with the product or the simulator.
import type Stripe from 'stripe';
import { expect } from 'vitest';

import { query } from '../../src/storage/query.ts';
import type { Story } from './story.ts';

const SCALE = 10n ** 12n;

/** Expects each line of each final cycle invoice to be its price times its quantity, and the credits to leave the overage. */
export async function expectRecomputedInvoices(
  { stripe, billing }: Story,
  customer: string,
  digits: number,
): Promise<void> {
  const { data: invoices } = await stripe.invoices.list({ customer, limit: 100 });
  for (const invoice of invoices) {
    if (invoice.billing_reason !== 'subscription_cycle' || !['open', 'paid'].includes(invoice.status ?? '')) continue;
    const periods = await query<{ overage: string; price: string; metered: string }>(
      billing.deps.db,
      `select v.content ->> 'pricePerCredit' as price, v.stripe_metered_price_id as metered, coalesce(sum(
         case when p.from_kind = 'overage' and p.from_billing_period_id = b.billing_period_id then p.amount
           when p.from_kind not in ('billed', 'written_off') then -p.amount end), 0)::text as overage
       from billing_periods b join plan_versions v using (plan_version_id)
       left join postings p on p.lane = b.lane and p.customer_id = b.customer_id
         and (p.from_kind = 'overage' and p.from_billing_period_id = b.billing_period_id
           or p.to_kind = 'overage' and p.to_billing_period_id = b.billing_period_id)
       where b.lane between 0 and 63 and b.invoice_id = $1 group by 1, 2`,
      [invoice.id],
    );
    // The invoice that ends a trial bills none: its fee is all that it may ask.
    if (periods.length === 0 && !(await endsTrial(billing.deps.db, invoice))) {
      throw new Error(`no billing period has the invoice ${invoice.id}`);
    }
    let besides = 0n;
    // A coupon on usage that no item took back was given by a person.
    let given = 0n;
    // An invoice brings only the first page of its lines.
    const lines = await stripe.invoices.listLineItems(invoice.id ?? '', { limit: 100 });
    for (const line of lines.data) {
      if (line.metadata['creditpool'] === 'correction' && line.amount > 0) given -= BigInt(line.amount);
      // Down to what can be charged: fewer minor units than a step has.
      if (line.metadata['creditpool'] === 'rounding') {
        expect(line.amount).toBeGreaterThan(-10);
        besides += BigInt(line.amount);
      }
      const priceId = line.pricing?.price_details?.price;
      if (typeof priceId !== 'string') continue;
      const price = await stripe.prices.retrieve(priceId);
      // What is left of a period for a changed number of seats is Stripe's own, tiers are the host's; stories say what
      // they come to.
      if (isProration(line) || price.billing_scheme === 'tiered') {
        besides += BigInt(line.amount);
        continue;
      }
      const amount = halfUp(
        scaled(String(price.unit_amount_decimal)) * (await quantityOf(stripe, customer, price, line)),
      );
      expect({ line: line.description, amount: line.amount }).toEqual({
        line: line.description,
        amount: Number(amount),
      });
      const discount = (line.discount_amounts ?? []).reduce((sum, { amount: off }) => sum + BigInt(off), 0n);
      // What another hand's price asks on our meter is usage too: asked, and not owed.
      if (periods.some(({ metered }) => metered === priceId)) given += discount;
      else if (!(await isOnMeterOf(stripe, price, periods))) besides += amount - discount;
    }
    // Credits are worth what lots paid, so overage is all that usage may ask; a cent of rounding is the customer's.
    // Several periods where the price changed in the middle of the cycle, each at its own price.
    const owed = periods.reduce(
      (sum, { price, overage }) => sum + halfUp((scaled(price) * 10n ** BigInt(digits) * BigInt(overage)) / 1_000_000n),
      0n,
    );
    const asked = BigInt(invoice.total) - (await excessGivenBack(stripe, invoice.id));
    expect([0n, 1n]).toContain(besides + owed - (given > 0n ? given : 0n) - asked);
  }
}

async function endsTrial(db: Story['billing']['deps']['db'], { period_end: end }: Stripe.Invoice): Promise<boolean> {
  const rows = await query(
    db,
    `select from billing_periods where lane between 0 and 63 and is_trial and ends_at = to_timestamp($1)`,
    [end],
  );
  return rows.length > 0;
}

async function isOnMeterOf(
  stripe: Story['stripe'],
  { recurring }: Stripe.Price,
  periods: readonly { readonly metered: string }[],
): Promise<boolean> {
  const meter = recurring?.meter ?? null;
  const ours = await Promise.all(periods.map(async ({ metered }) => stripe.prices.retrieve(metered)));
  return meter !== null && ours.some((price) => price.recurring?.meter === meter);
}

function isProration({ parent }: Stripe.InvoiceLineItem): boolean {
  return (parent?.invoice_item_details?.proration ?? parent?.subscription_item_details?.proration) === true;
}

/** What the settlement's own note took back of an invoice that Stripe finalized while we were away. */
async function excessGivenBack(stripe: Story['stripe'], invoice: string | undefined): Promise<bigint> {
  if (invoice === undefined) throw new Error('an invoice without an id');
  const { data } = await stripe.creditNotes.list({ invoice, limit: 100 });
  const own = data.filter(({ metadata }) => metadata?.['ticket']?.startsWith('settlement of') === true);
  return own.reduce((sum, { total }) => sum + BigInt(total), 0n);
}

/** Pieces of a fee, or what the meter counted in the line's period. */
async function quantityOf(
  stripe: Story['stripe'],
  customer: string,
  { recurring }: Stripe.Price,
  { quantity, period }: Stripe.InvoiceLineItem,
): Promise<bigint> {
  if (recurring?.usage_type !== 'metered' || recurring.meter === null) return BigInt(quantity ?? 0);
  const span = { customer, start_time: period.start, end_time: period.end, limit: 100 };
  const { data } = await stripe.billing.meters.listEventSummaries(recurring.meter, span);
  return data.reduce((sum, { aggregated_value: counted }) => sum + BigInt(counted), 0n);
}

function scaled(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

function halfUp(amount: bigint): bigint {
  return (amount + SCALE / 2n) / SCALE;
}
