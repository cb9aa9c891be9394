import * as fc from 'fast-check';
import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, grant, idOf, openStage, subscribe, use, type Plan, type Stage } from './support.ts';

interface Story {
  readonly usage: number;
  readonly grants: readonly number[];
  readonly percentOff: number;
  readonly tax: number;
  readonly inclusive: boolean;
  readonly item: number;
}

const story: fc.Arbitrary<Story> = fc.record({
  usage: fc.integer({ min: 1, max: 90_000_000 }),
  grants: fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 4 }),
  percentOff: fc.constantFrom(0, 7, 20, 33.33),
  tax: fc.constantFrom(0, 7.7, 19),
  inclusive: fc.boolean(),
  item: fc.integer({ min: -3000, max: 3000 }),
});

async function invoiceOf(
  stage: Stage,
  { usage, grants, percentOff, tax, inclusive, item }: Story,
): Promise<{ plan: Plan; invoice: Stripe.Invoice }> {
  const { stripe } = stage;
  const rates =
    tax === 0 ? [] : [(await stripe.taxRates.create({ display_name: 'VAT', percentage: tax, inclusive })).id];
  const coupons =
    percentOff === 0 ? [] : [(await stripe.coupons.create({ percent_off: percentOff, duration: 'forever' })).id];
  const plan = await subscribe(stage, {
    fee: 9999,
    subscription: { default_tax_rates: rates, discounts: coupons.map((coupon) => ({ coupon })) },
  });
  for (const value of grants) await grant(stage, plan, value);
  await use(stage, plan, usage, '2026-04-01T00:00:00Z');
  if (item !== 0) await stripe.invoiceItems.create({ customer: plan.customer, amount: item, currency: 'usd' });
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer, limit: 1 })).data;
  if (invoice === undefined) throw new Error('no invoice');
  return { plan, invoice };
}

const sum = (amounts: readonly { readonly amount: number }[] | null): number =>
  (amounts ?? []).reduce((total, { amount }) => total + amount, 0);

test('an invoice adds up, and its credits are the debits of its grants', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      await using stage = await openStage();
      const { plan, invoice } = await invoiceOf(stage, given);
      const taxes = invoice.total_taxes ?? [];
      const exclusive = sum(taxes.filter(({ tax_behavior: behavior }) => behavior === 'exclusive'));
      const lines = invoice.lines.data;
      expect(invoice.subtotal).toBe(sum(lines));
      expect(invoice.total).toBe(invoice.subtotal - sum(invoice.total_pretax_credit_amounts) + exclusive);
      expect(invoice.total_excluding_tax).toBe(invoice.total - sum(taxes));
      expect(invoice.amount_due).toBe(invoice.total + invoice.starting_balance - (invoice.ending_balance ?? 0));
      expect(sum(taxes)).toBe(lines.reduce((total, line) => total + sum(line.taxes), 0));
      const { data } = await stage.stripe.billing.creditBalanceTransactions.list({
        customer: plan.customer,
        limit: 100,
      });
      const debits = data.filter(({ debit }) => debit?.type === 'credits_applied');
      const applied = (invoice.total_pretax_credit_amounts ?? []).filter(
        ({ type }) => type === 'credit_balance_transaction',
      );
      expect(new Map(debits.map(({ id, debit }) => [id, debit?.amount.monetary?.value]))).toEqual(
        new Map(applied.map(({ credit_balance_transaction: id, amount }) => [idOf(id), amount])),
      );
      const usageLine = lines.find((line) => line.pricing?.price_details?.price === plan.usage);
      const net = (usageLine?.amount ?? 0) - sum(usageLine?.discount_amounts ?? []);
      expect(sum(applied)).toBe(
        Math.min(
          net,
          given.grants.reduce((total, value) => total + value, 0),
        ),
      );
    }),
    { numRuns: 25 },
  );
});

test('a line credited in pieces comes to what it came to at once', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.integer({ min: 1, max: 999 }), async (given, permille) => {
      await using stage = await openStage();
      const { stripe } = stage;
      const { plan, invoice } = await invoiceOf(stage, { ...given, item: 0 });
      const line = invoice.lines.data.find(({ pricing }) => pricing?.price_details?.price === plan.usage);
      if (line === undefined) throw new Error('no usage line');
      const exclusive = sum((line.taxes ?? []).filter(({ tax_behavior: behavior }) => behavior === 'exclusive'));
      const worth = line.amount - sum(line.pretax_credit_amounts) + exclusive;
      const first = Math.floor((line.amount * permille) / 1000);
      const pieces = [first, line.amount - first].filter((amount) => amount > 0);
      let credited = 0;
      for (const amount of pieces) {
        const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line.id, amount }];
        const preview = await stripe.creditNotes.preview({ invoice: invoice.id, lines }).catch(() => undefined);
        // A piece that no money is left of: Stripe makes no empty note.
        if (preview === undefined) continue;
        const note = await stripe.creditNotes.create({ invoice: invoice.id, lines, out_of_band_amount: preview.total });
        credited += note.total;
      }
      expect(credited).toBeLessThanOrEqual(worth);
      expect(credited).toBeGreaterThanOrEqual(pieces.length === 1 || worth < 4 ? 0 : worth - 1);
    }),
    { numRuns: 25 },
  );
});
