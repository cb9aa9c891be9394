import { payCheckout } from './checkout-sessions.ts';
import { closeDispute, escalateDispute, openDispute } from './disputes.ts';
import { failFinalizations } from './finalization-failures.ts';
import { failRefund, succeedRefund } from './new-refund.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { rollSecret } from './signing-secrets.ts';
import { change, need, type World } from './world.ts';

/** What may stand in the body of a command; each reads what it needs. */
interface Said {
  readonly charge?: string;
  readonly payment_intent?: string;
  readonly invoice?: string;
  readonly amount?: number;
  readonly reason?: string;
  readonly inquiry?: boolean;
  readonly status?: 'won' | 'lost';
  readonly payment_method?: string;
  readonly keep_seconds?: number;
  readonly times?: number;
}

/** The charge that is disputed: named by itself, its intent or its invoice. */
function chargeOf(world: World, said: Said): string {
  const payment = world.store
    .by('invoice_payments', 'invoice', said.invoice ?? '')
    .find(({ status }) => status === 'paid');
  const intent = said.payment_intent ?? payment?.payment.payment_intent ?? '';
  return said.charge ?? world.store.find('payment_intents', intent)?.latest_charge ?? '';
}

/** A customer pays with another card from now on. */
function useCard(world: World, id: string, card: string): object {
  const customer = need(world, 'customers', id, 'customer');
  const method = attachedPaymentMethod(world, card, id);
  const settings = { ...customer.invoice_settings, default_payment_method: method.id };
  return change(world, 'customers', id, { invoice_settings: settings }, 'customer.updated');
}

type Act = (world: World, id: string, said: Said) => object;

const ACTS: Readonly<Record<string, Act>> = {
  disputes: (world, _, said) => openDispute(world, chargeOf(world, said), said),
  'disputes/close': (world, id, { status }) => closeDispute(world, id, status ?? 'lost'),
  'disputes/escalate': (world, id) => escalateDispute(world, id),
  'refunds/fail': (world, id, { reason }) =>
    failRefund(world, need(world, 'refunds', id, 'refund'), reason ?? 'lost_or_stolen_card'),
  'refunds/succeed': (world, id) => succeedRefund(world, need(world, 'refunds', id, 'refund')),
  'invoices/fail_finalization': (world, id, { times }) => failFinalizations(world, id, times ?? 1),
  'customers/card': (world, id, said) => useCard(world, id, said.payment_method ?? 'pm_card_visa'),
  'webhook_endpoints/roll': (world, id, said) => rollSecret(world, id, said.keep_seconds),
  'checkout_sessions/complete': (world, id, said) => payCheckout(world, id, said.payment_method ?? 'pm_card_visa'),
};

/** What only others can do: a bank decides a dispute or sends a refund back, a customer pays a checkout, a dashboard rolls a secret. */
export function actOfOthers(world: World, path: string, said: object): object | undefined {
  const [, kind = '', id = '', verb = ''] = path.split('/');
  const act = ACTS[verb === '' ? kind : `${kind}/${verb}`];
  if (act === undefined) return undefined;
  return world.store.transact(() => act(world, id, said));
}
