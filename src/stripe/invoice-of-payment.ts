import type { StripeGateway } from './gateway.ts';
import { idOf } from './reading.ts';

/** The invoice that a payment paid; charges and intents do not name theirs. Null when it paid none. */
export async function invoicePaidBy(stripe: StripeGateway, paymentIntentId: string | null): Promise<string | null> {
  if (paymentIntentId === null) return null;
  const payment = { type: 'payment_intent', payment_intent: paymentIntentId } as const;
  const { data } = await stripe.invoicePayments.list({ payment, limit: 1 });
  const [paid] = data;
  return paid === undefined ? null : idOf(paid.invoice);
}
