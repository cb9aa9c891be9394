import { CreditElement } from './credit-element.ts';
import { credits, money } from './figures.ts';
import { type Child, element } from './markup.ts';
import type { Pack, Portal } from './portal-client.ts';

/** `<credit-topup>`: packs to buy on Stripe's page, and what is bought by itself. */
export class CreditTopup extends CreditElement {
  protected readonly heading = 'More credits';
  #failed = false;

  protected content({ packs, may_buy: mayBuy, top_up: topUp, policy }: Portal): readonly Child[] {
    const byItself = policy.find(({ rule }) => rule === 'top_up')?.text ?? '';
    const state = {
      off: '',
      on: `Automatic top-up is on. ${byItself}`,
      paused: 'Automatic top-up rests: the card was declined. Pay the open invoice or use another card.',
    }[topUp];
    return [
      ...this.#packs(packs, mayBuy),
      this.#failed
        ? element('p', { class: 'alarm', role: 'alert' }, 'Stripe’s page could not be opened. Nothing was charged.')
        : null,
      state === '' ? null : element('p', { class: topUp === 'paused' ? 'warn' : 'soft', role: 'status' }, state),
    ];
  }

  #packs(packs: readonly Pack[], mayBuy: boolean): readonly Child[] {
    if (!mayBuy) return [element('p', {}, 'Ask whoever manages your account for more credits.')];
    if (packs.length === 0) return [element('p', {}, 'There is nothing to buy at the moment.')];
    const rows = packs.map((pack) => {
      const price = money(pack.amount_minor, pack.currency, this);
      const buy = (event: Event): void => void this.#buy(pack, event.currentTarget as HTMLButtonElement);
      return element(
        'li',
        {},
        element('span', {}, `${pack.name}: ${credits(pack.credits, this)} credits, ${price}`),
        element('button', { type: 'button', 'data-key': `buy-${pack.pack}`, click: buy }, `Buy for ${price}`),
      );
    });
    const note = 'You pay on Stripe’s page, which shows the tax. The credits are there as soon as the payment is.';
    return [element('ul', { part: 'packs' }, ...rows), element('p', { class: 'soft' }, note)];
  }

  async #buy({ pack }: Pack, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    const url = await this.client?.checkout(pack, location.href).catch(() => null);
    this.#failed = url == null;
    if (url == null) this.redraw();
    else location.assign(url);
  }
}
