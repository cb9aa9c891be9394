// Buys one wanted pack at Stripe. The invoice carries our key, so a lost answer is found and never bought twice; its
// credits open by the invoice, as those of any paid pack.
import { insertAlerts } from '../storage/alerts.ts';
import { now } from '../storage/clock.ts';
import type { Transaction } from '../storage/database.ts';
import type { LeasedMessage } from '../storage/outbox-lease.ts';
import { lockPools } from '../storage/pool-books.ts';
import { pauseConsent } from '../storage/top-up-consents.ts';
import { endTopUp, readTopUp } from '../storage/top-ups.ts';
import {
  buyTopUp,
  findTopUpInvoice,
  isFinished,
  paymentOf,
  type TopUpPayment,
  type TopUpRequest,
} from '../stripe/top-up-invoices.ts';
import type { OutgoingCall, Sent } from './outgoing-call.ts';

type Request = TopUpRequest & { readonly [field: string]: unknown };

export const topUpCall: OutgoingCall<Request> = {
  render: async ({ db }, message) => {
    const topUp = await readTopUp(db, message, message.subjectId);
    if (topUp.state !== 'wanted') return { cancelled: `the top-up is ${topUp.state}` };
    const { stripeCustomerId: customer, stripePriceId: price, currency } = topUp;
    if (customer === null || price === null) return { cancelled: 'Stripe does not know the customer or the pack' };
    return { request: { customer, price, currency, key: message.key } };
  },
  send: async ({ stripe }, { firstSentAt }, request, idempotencyKey) => {
    const known = firstSentAt === null ? null : await findTopUpInvoice(stripe, request);
    return sent(await buyTopUp(stripe, request, { idempotencyKey, known }));
  },
  look: async ({ stripe }, _message, request) => {
    const invoice = await findTopUpInvoice(stripe, request);
    return invoice === null || !isFinished(invoice) ? 'absent' : sent(paymentOf(invoice));
  },
  done: async (trx, message, { payment }) => {
    if (payment === undefined) throw new Error(`top-up ${message.subjectId} ended without a payment`);
    await lockPools(trx, [message]);
    const at = await now(trx);
    const { invoiceId, hostedInvoiceUrl, declined } = payment;
    const state = declined === null ? 'paid' : 'failed';
    await endTopUp(trx, message, message.subjectId, { state, invoiceId, hostedInvoiceUrl, outcome: declined, at });
    if (declined !== null) await pause(trx, message, declined, payment, at);
  },
  cancelled: async (trx, message, at) => {
    const none = { invoiceId: null, hostedInvoiceUrl: null };
    await endTopUp(trx, message, message.subjectId, { state: 'failed', ...none, outcome: 'cancelled', at });
  },
  mayBeRefused: false,
};

function sent(payment: TopUpPayment): Sent {
  return { stripeId: payment.invoiceId, payment };
}

/** The owner is told with the link that pays the invoice; only a person lets top-ups go on. */
async function pause(
  trx: Transaction,
  message: LeasedMessage,
  declined: string,
  { invoiceId, hostedInvoiceUrl }: TopUpPayment,
  at: Date,
): Promise<void> {
  const { poolId, pack, amountMinor, currency } = await readTopUp(trx, message, message.subjectId);
  await pauseConsent(trx, message, { because: declined, at });
  await insertAlerts(trx, at, [
    {
      lane: message.lane,
      customerId: message.customerId,
      // One top-up fails once, so its own id names the alert too.
      alertId: message.subjectId,
      poolId,
      kind: 'top_up.failed',
      key: `top_up.failed/${message.subjectId}`,
      data: {
        pack,
        amount_minor: amountMinor.toString(),
        currency,
        because: declined,
        invoice: invoiceId,
        pay_at: hostedInvoiceUrl,
      },
    },
  ]);
}
