// What may happen to the money of one invoice at Stripe, and what its objects then say that the books must be. The second
// half shares no code with the product: it adds up what Stripe answers.
import fc from 'fast-check';
import { Stripe } from 'stripe';

import type { StripeGateway } from '../../src/stripe/gateway.ts';
import { tellTheBank } from './bank.ts';

export type Deed =
  | { readonly what: 'pay' | 'pay_elsewhere' | 'fail_refund' | 'win' | 'lose' | 'void' | 'give_up' | 'listen' }
  | { readonly what: 'pay_part' | 'note' | 'refund' | 'dispute' | 'adjust'; readonly share: number; readonly as: As };
type As = 'refund' | 'balance' | 'elsewhere';

const share = fc.integer({ min: 1, max: 110 });
const as = fc.constantFrom<As>('refund', 'balance', 'elsewhere');
const plain = fc.constantFrom(
  ...(['pay', 'pay', 'pay', 'pay_elsewhere', 'fail_refund', 'win', 'lose', 'void', 'give_up', 'listen'] as const),
);
const sized = fc.constantFrom(...(['pay_part', 'note', 'note', 'refund', 'dispute', 'adjust'] as const));

export const moneyHistories: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(
    plain.map((what): Deed => ({ what })),
    fc.record({ what: sized, share, as }),
  ),
  { minLength: 3, maxLength: 10 },
);

export interface Stand {
  readonly stripe: StripeGateway;
  readonly simulator: string;
  readonly customer: string;
  readonly invoice: string;
}

/** Does it, as far as Stripe lets anybody; what it refuses changes nothing. */
export async function live(stand: Stand, deed: Deed): Promise<void> {
  try {
    await act(stand, deed);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
  }
}

async function act(stand: Stand, deed: Deed): Promise<void> {
  const { stripe, simulator, customer, invoice } = stand;
  const { total, amount_remaining: open } = await stripe.invoices.retrieve(invoice);
  const amount = 'share' in deed ? Math.max(1, Math.round((total * deed.share) / 100)) : 0;
  switch (deed.what) {
    case 'pay':
      await stripe.invoices.pay(invoice);
      return;
    case 'pay_elsewhere':
      await stripe.invoices.pay(invoice, { paid_out_of_band: true });
      return;
    case 'pay_part': {
      // Somebody tries it with an invoice that takes none: that money would belong to nobody.
      if ((await stripe.invoices.retrieve(invoice)).status !== 'open') return;
      const card = { payment_method: 'pm_card_visa', confirm: true } as const;
      const paid = await stripe.paymentIntents.create({ amount, currency: 'usd', customer, ...card });
      await stripe.invoices.attachPayment(invoice, { payment_intent: paid.id });
      return;
    }
    case 'note': {
      const rest = Math.max(0, amount - open);
      const names = { refund: 'refund_amount', balance: 'credit_amount', elsewhere: 'out_of_band_amount' } as const;
      const paid = rest === 0 ? {} : { [names[deed.as]]: rest };
      await stripe.creditNotes.create({ invoice, amount, email_type: 'none', ...paid });
      return;
    }
    case 'refund': {
      const [charge] = (await stripe.charges.list({ customer })).data;
      if (charge !== undefined) await stripe.refunds.create({ charge: charge.id, amount });
      return;
    }
    case 'fail_refund': {
      const { refunds } = await moneyOut(stand);
      const gone = refunds.find(({ status }) => status === 'succeeded');
      if (gone !== undefined) await tellTheBank(simulator, `/refunds/${gone.id}/fail`);
      return;
    }
    case 'dispute': {
      const charge = (await stripe.charges.list({ customer })).data.find(({ disputed }) => !disputed);
      const left = charge === undefined ? 0 : charge.amount - charge.amount_refunded;
      if (charge === undefined || left === 0) return;
      await tellTheBank(simulator, '/disputes', { charge: charge.id, amount: Math.min(amount, left) });
      return;
    }
    case 'win':
    case 'lose': {
      const { disputes } = await moneyOut(stand);
      const undecided = disputes.find(({ status }) => status === 'needs_response');
      const status = deed.what === 'win' ? 'won' : 'lost';
      if (undecided !== undefined) await tellTheBank(simulator, `/disputes/${undecided.id}/close`, { status });
      return;
    }
    case 'void':
      await stripe.invoices.voidInvoice(invoice);
      return;
    case 'give_up':
      await stripe.invoices.markUncollectible(invoice);
      return;
    case 'adjust':
      await stripe.customers.createBalanceTransaction(customer, {
        amount: deed.as === 'refund' ? amount : -amount,
        currency: 'usd',
      });
      return;
    case 'listen':
      return;
  }
}

interface MoneyOut {
  readonly charges: readonly Stripe.Charge[];
  readonly refunds: readonly Stripe.Refund[];
  readonly disputes: readonly Stripe.Dispute[];
}

async function moneyOut({ stripe, customer }: Stand): Promise<MoneyOut> {
  const charges = (await stripe.charges.list({ customer, limit: 100 })).data;
  const refunds: Stripe.Refund[] = [];
  const disputes: Stripe.Dispute[] = [];
  for (const { id: charge } of charges) {
    refunds.push(...(await stripe.refunds.list({ charge, limit: 100 })).data);
    disputes.push(...(await stripe.disputes.list({ charge, limit: 100 })).data);
  }
  return { charges, refunds, disputes };
}

const add = (amounts: readonly (number | null | undefined)[]): number =>
  amounts.reduce<number>((a, b) => a + (b ?? 0), 0);

export interface Expected {
  /** Accounts that Stripe's objects decide alone, those at zero left out. */
  readonly accounts: Readonly<Record<string, bigint>>;
  /** What deferred credits and losses come to together: the price not given back, less what a bank took. */
  readonly deferredWithLosses: number;
  readonly unnotedRefunds: number;
  readonly openDisputes: number;
  readonly status: string;
}

/** What the books must be, from nothing but Stripe's answers. */
export async function recomputed(stand: Stand): Promise<Expected> {
  const { stripe, customer, invoice: invoiceId } = stand;
  const invoice = await stripe.invoices.retrieve(invoiceId);
  const status = invoice.status ?? 'draft';
  const paid = (await stripe.invoicePayments.list({ invoice: invoiceId, status: 'paid', limit: 100 })).data;
  const notes = (await stripe.creditNotes.list({ invoice: invoiceId, limit: 100 })).data.filter(
    (note) => note.status === 'issued',
  );
  const { charges, refunds, disputes } = await moneyOut(stand);
  const holder = await stripe.customers.retrieve(customer);
  if (holder.deleted === true) throw new Error('the customer is gone');
  const adjusted = (await stripe.customers.listBalanceTransactions(customer, { limit: 100 })).data.filter(
    ({ type }) => type === 'adjustment',
  );
  const gone = refunds.filter((refund) => refund.status === 'succeeded');
  const promised = add(notes.flatMap((note) => note.refunds.map((one) => one.amount_refunded)));
  const moved = disputes.flatMap((dispute) => dispute.balance_transactions);
  const decided = disputes.filter((dispute) => dispute.status !== 'needs_response');
  const elsewhere = Math.max(0, invoice.amount_paid - add(paid.map((payment) => payment.amount_paid)));
  const taxOf = (document: { total_taxes: readonly { amount: number }[] | null }): number =>
    add((document.total_taxes ?? []).map(({ amount }) => amount));
  const isVoid = status === 'void';
  const accounts = {
    receivable: status === 'open' ? invoice.amount_remaining : isVoid ? -invoice.amount_paid : 0,
    bad_debt: status === 'uncollectible' ? invoice.amount_remaining : 0,
    cash:
      add(charges.map(({ amount }) => amount)) -
      add(gone.map(({ amount }) => amount)) +
      add(moved.map(({ net }) => net)),
    customer_balance: holder.balance,
    balance_adjustments: -add(adjusted.map(({ amount }) => amount)),
    out_of_band_clearing: elsewhere - add(notes.map((note) => note.out_of_band_amount)),
    refund_clearing: add(gone.map(({ amount }) => amount)) - promised,
    disputed: -add(
      disputes
        .filter((dispute) => !decided.includes(dispute))
        .flatMap((dispute) => dispute.balance_transactions.map(({ amount }) => amount)),
    ),
    dispute_fees: add(moved.map(({ fee }) => fee)),
    tax_payable: isVoid ? 0 : add(notes.map(taxOf)) - taxOf(invoice),
  };
  const price = isVoid ? 0 : invoice.total - taxOf(invoice) - add(notes.map((note) => note.total - taxOf(note)));
  const lost = add(decided.filter((dispute) => dispute.status === 'lost').map(({ amount }) => amount));
  const linked = new Set(notes.flatMap((note) => note.refunds.map(({ refund }) => refund)));
  return {
    accounts: Object.fromEntries(
      Object.entries(accounts).flatMap(([name, amount]) => (amount === 0 ? [] : [[name, BigInt(amount)]])),
    ),
    deferredWithLosses: lost - price,
    unnotedRefunds: add(gone.filter(({ id }) => !linked.has(id)).map(({ amount }) => amount)),
    openDisputes: disputes.length - decided.length,
    status,
  };
}
