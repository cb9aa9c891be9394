// A1's May invoice: $99.00 base, $125.00 usage, $100.00 credits applied; paid by card, or open.
import { mirrorInvoice } from '../../src/operations/mirror-invoice.ts';
import { endApril } from './april.ts';
import type { Inbox, SignedUp } from './inbox.ts';

export interface Billed {
  readonly customer: SignedUp;
  readonly invoiceId: string;
  /** The usage event of the last 1 000 of 12 500 calls. */
  readonly lastUse: string;
  readonly line: (kind: 'base' | 'usage') => Promise<string>;
}

/** Signs a customer up, lets him use 12 500 calls in April, and ends April. */
export async function billed(
  stage: Inbox,
  collect: 'charge_automatically' | 'send_invoice' = 'charge_automatically',
): Promise<Billed> {
  await stage.restart();
  const customer = await stage.signUp({ collect });
  if (collect === 'send_invoice') await payFirst(stage, customer);
  await stage.apply();
  await stage.drain();
  await stage.advance(customer, '2026-04-20T12:00:00Z');
  await stage.use(customer, 11_500, '2026-04-20T12:00:00Z');
  const lastUse = await stage.use(customer, 1_000, '2026-04-20T12:00:00Z');
  const invoiceId = await endApril(stage, customer);
  const line = async (kind: 'base' | 'usage'): Promise<string> => {
    const mirrored = await mirrorInvoice(stage.deps, invoiceId);
    const found = mirrored?.invoice.lines.find((one) => one.kind === kind);
    if (found === undefined) throw new Error(`${invoiceId} has no ${kind} line`);
    return found.lineId;
  };
  return { customer, invoiceId, lastUse, line };
}

async function payFirst({ deps: { stripe } }: Inbox, { subscriptionId }: SignedUp): Promise<void> {
  const { data } = await stripe.invoices.list({ subscription: subscriptionId });
  for (const { id, status } of data) {
    if (status === 'draft') await stripe.invoices.finalizeInvoice(id);
    await stripe.invoices.pay(id);
  }
}
