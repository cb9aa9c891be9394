import { payCheckout } from './checkout-sessions.ts';
import { StripeRefusal } from './errors.ts';
import { html, type Markup, pageOf, tableOf } from './page-markup.ts';
import type { Page } from './page.ts';
import type { CheckoutSession } from './wire.ts';
import type { World } from './world.ts';

const CARDS = [
  ['pm_card_visa', 'A card that pays'],
  ['pm_card_chargeDeclined', 'A card that is declined'],
] as const;

/** The page that a Checkout Session's URL leads to: who pays there has paid. */
export function checkoutPage(world: World, id: string, paidWith: string | null): Page {
  const session = world.store.find('checkout_sessions', id);
  if (session === undefined) return shown(404, html`<p role="alert">There is no Checkout Session ${id}.</p>`);
  if (paidWith === null) return shown(200, offer(session));
  try {
    const paid = world.store.transact(() => payCheckout(world, id, paidWith));
    return shown(200, thanks(paid));
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    return shown(
      402,
      html`<p role="alert">${error.message}</p>
        ${offer(session)}`,
    );
  }
}

function shown(status: number, content: Markup): Page {
  return { status, type: 'text/html', body: pageOf('Checkout', content) };
}

function offer(session: CheckoutSession): Markup {
  const { id, status, cancel_url: back, line_items: items, amount_total: total, currency } = session;
  if (status !== 'open') return html`<p>This Checkout Session is ${status ?? 'over'}.</p>`;
  const rows = (items?.data ?? []).map((item) => [
    html`${item.description ?? ''}`,
    html`${item.quantity ?? ''}`,
    html`${item.amount_total} ${item.currency}`,
  ]);
  const pay = CARDS.map(
    ([card, words]) =>
      html`<form method="post" action="/_simulator/pay/${id}?with=${card}"><button>${words}</button></form>`,
  );
  return html`<h2>Pay ${total ?? 0} ${currency ?? ''} (minor units)</h2>
    ${tableOf('Items', ['item', 'quantity', 'amount'], rows)} ${pay}
    ${back === null ? html`` : html`<p><a href="${back}">Back without paying</a></p>`}`;
}

function thanks({ success_url: next }: CheckoutSession): Markup {
  return html`<p role="status">Paid.</p>
    ${next === null ? html`` : html`<p><a href="${next}">Back to the shop</a></p>`}`;
}
