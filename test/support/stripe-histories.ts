// Random lives of customers as Stripe sees them, and what becomes of the webhooks on their way to us, as data.
import fc from 'fast-check';
import { Stripe } from 'stripe';

import type { StripeGateway } from '../../src/stripe/gateway.ts';

export type Deed =
  | 'rename'
  | 'balance'
  | 'buy a pack'
  | 'bill a pack'
  | 'pay'
  | 'pay by bank'
  | 'void'
  | 'write off'
  | 'note'
  | 'note and refund'
  | 'refund'
  | 'cancel';

/** now: with the step that caused it; late: with the next one; lost: no webhook ever; twice: now, and again later. */
export type Fate = 'now' | 'late' | 'lost' | 'twice';

export interface StripeHistory {
  /** Whether its webhooks come as thin events. */
  readonly thin: boolean;
  readonly early: readonly Deed[];
  readonly late: readonly Deed[];
  /** Of its events in turn, over and over. */
  readonly fates: readonly Fate[];
}

const deed = fc.constantFrom<Deed>(
  'rename',
  'balance',
  'buy a pack',
  'bill a pack',
  'pay',
  'pay by bank',
  'void',
  'write off',
  'note',
  'note and refund',
  'refund',
  'cancel',
);
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fate>('now') },
  { weight: 2, arbitrary: fc.constant<Fate>('late') },
  { weight: 2, arbitrary: fc.constant<Fate>('lost') },
  { weight: 1, arbitrary: fc.constant<Fate>('twice') },
);
const history: fc.Arbitrary<StripeHistory> = fc.record({
  thin: fc.boolean(),
  early: fc.array(deed, { maxLength: 4 }),
  late: fc.array(deed, { maxLength: 3 }),
  fates: fc.array(fate, { minLength: 7, maxLength: 13 }),
});

/** So many histories; the same ones for the same seed. */
export function stripeHistories(count: number, seed: number): readonly StripeHistory[] {
  return fc.sample(history, { numRuns: count, seed });
}

/** Does a deed at Stripe; what Stripe refuses has not happened. */
export async function doAtStripe(
  stripe: StripeGateway,
  what: Deed,
  { customer, subscription, pack }: { customer: string; subscription: string; pack: string },
): Promise<void> {
  try {
    await deeds[what](stripe, { customer, subscription, pack });
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
  }
}

interface Life {
  readonly customer: string;
  readonly subscription: string;
  readonly pack: string;
}

const deeds: Readonly<Record<Deed, (stripe: StripeGateway, life: Life) => Promise<unknown>>> = {
  rename: async (stripe, { customer }) => {
    const { balance } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    return stripe.customers.update(customer, { name: `Acme ${balance}`, email: 'new@acme.example' });
  },
  balance: async (stripe, { customer }) =>
    stripe.customers.createBalanceTransaction(customer, { amount: -500, currency: 'usd' }),
  'buy a pack': async (stripe, life) => {
    const id = await billPack(stripe, life);
    await stripe.invoices.pay(id);
  },
  'bill a pack': billPack,
  pay: async (stripe, life) => onInvoice(stripe, life, 'open', async (id) => stripe.invoices.pay(id)),
  'pay by bank': async (stripe, life) =>
    onInvoice(stripe, life, 'open', async (id) => stripe.invoices.pay(id, { paid_out_of_band: true })),
  void: async (stripe, life) => onInvoice(stripe, life, 'open', async (id) => stripe.invoices.voidInvoice(id)),
  'write off': async (stripe, life) =>
    onInvoice(stripe, life, 'open', async (id) => stripe.invoices.markUncollectible(id)),
  note: async (stripe, life) => onInvoice(stripe, life, 'paid', async (id) => note(stripe, id, { credit_amount: 700 })),
  'note and refund': async (stripe, life) =>
    onInvoice(stripe, life, 'paid', async (id) => note(stripe, id, { refund_amount: 700 })),
  refund: async (stripe, life) =>
    onInvoice(stripe, life, 'paid', async (id) => {
      const { data } = await stripe.invoicePayments.list({ invoice: id });
      const intent = data[0]?.payment.payment_intent;
      if (typeof intent === 'string') await stripe.refunds.create({ payment_intent: intent, amount: 300 });
    }),
  cancel: async (stripe, { subscription }) => stripe.subscriptions.cancel(subscription),
};

async function billPack(stripe: StripeGateway, { customer, pack }: Life): Promise<string> {
  const { id } = await stripe.invoices.create({ customer, auto_advance: false });
  await stripe.invoiceItems.create({ customer, invoice: id, pricing: { price: pack } });
  await stripe.invoices.finalizeInvoice(id);
  return id;
}

async function note(
  stripe: StripeGateway,
  invoice: string,
  settled: { credit_amount: number } | { refund_amount: number },
): Promise<unknown> {
  const { data } = await stripe.invoices.listLineItems(invoice, { limit: 1 });
  const [line] = data;
  if (line === undefined) return null;
  const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line.id, amount: 700 }];
  return stripe.creditNotes.create({ invoice, lines, ...settled });
}

async function onInvoice(
  stripe: StripeGateway,
  { customer }: Life,
  status: 'open' | 'paid',
  work: (invoice: string) => Promise<unknown>,
): Promise<void> {
  const { data } = await stripe.invoices.list({ customer, status, limit: 1 });
  const id = data[0]?.id;
  if (id !== undefined) await work(id);
}
