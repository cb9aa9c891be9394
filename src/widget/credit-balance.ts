import { CreditElement } from './credit-element.ts';
import { credits, day, percentUsed, timesAffordable } from './figures.ts';
import { type Child, element } from './markup.ts';
import type { Portal } from './portal-client.ts';

const COSTS_SHOWN = 8;

/** `<credit-balance>`: what is left, what it is enough for, what ends soon, and what happens at zero. */
export class CreditBalance extends CreditElement {
  protected readonly heading = 'Credits';

  protected content(portal: Portal): readonly Child[] {
    const { level } = portal;
    if (level === 'no_plan') return [element('p', {}, 'There is no plan with credits yet.'), this.#costs(portal)];
    if (level === 'unlimited') {
      return [
        element('p', { class: 'figure', part: 'figure' }, 'No limit'),
        this.#notice(portal),
        element('p', {}, `Used beyond included credits in this period: ${credits(portal.overage, this)}.`),
        this.#costs(portal),
      ];
    }
    return [
      this.#figure(portal),
      this.#bar(portal),
      this.#notice(portal),
      element('p', {}, this.#sentence(portal)),
      this.#warning(portal),
      this.#recent(portal),
      this.#costs(portal),
    ];
  }

  #figure({ available, held, unit }: Portal): HTMLElement {
    const shown = credits(available, this);
    return element(
      'p',
      { class: 'figure', part: 'figure', title: `${available} ${unit}` },
      shown,
      ' ',
      element(
        'small',
        {},
        Number(held) > 0 ? `${unit} left, ${credits(held, this)} held by running work` : `${unit} left`,
      ),
    );
  }

  #notice({ notice }: Portal): Child {
    return notice === null ? null : element('p', { class: 'warn', role: 'status', part: 'notice' }, notice);
  }

  #bar({ available, granted }: Portal): HTMLElement {
    const used = percentUsed(available, granted);
    return element('progress', { max: 100, value: used, 'aria-label': `${used} percent used` });
  }

  /** "Enough for a report 62 times. 300 expire on 30 Nov 2026." */
  #sentence({ available, costs, expiring, recent, level }: Portal): string {
    const [flat] = costs.filter((cost) => cost.flat !== null);
    const times = flat?.flat == null ? null : timesAffordable(available, flat.flat);
    const isNew = recent.length === 0 && level === 'fine';
    const [next] = expiring;
    return [
      ...(isNew ? [`Nothing has been used yet${flat === undefined ? '' : `; ${flat.name} ${flat.price}`}.`] : []),
      ...(times === null || flat === undefined
        ? []
        : [`Enough for ${flat.name} ${credits(String(times), this)} times.`]),
      ...(next === undefined ? [] : [`${credits(next.credits, this)} expire on ${day(next.at, this)}.`]),
    ].join(' ');
  }

  /** Before the block and at it: what stops, what goes on. */
  #warning({ level, policy, debt }: Portal): Child {
    const owed = Number(debt) > 0 ? `${credits(debt, this)} credits are owed; the next ones pay them. ` : '';
    if (level === 'fine') return owed === '' ? null : element('p', { class: 'warn', role: 'status' }, owed);
    const atZero = policy.find(({ rule }) => rule === 'zero_balance')?.text ?? '';
    if (level === 'empty')
      return element('p', { class: 'alarm', role: 'alert' }, `${owed}No credits are left. ${atZero}`);
    const how = level === 'very_low' ? 'Almost everything is used.' : 'Three quarters are used.';
    return element('p', { class: 'warn', role: 'status' }, `${owed}${how} ${atZero}`);
  }

  #recent({ recent }: Portal): Child {
    if (recent.length === 0) return null;
    const rows = recent.map((use) =>
      element('li', {}, element('span', {}, use.name), element('span', {}, credits(use.credits, this))),
    );
    return element('div', {}, element('p', { class: 'soft' }, 'Last used'), element('ul', { part: 'recent' }, ...rows));
  }

  #costs({ costs }: Portal): Child {
    if (costs.length === 0) return null;
    const rows = costs.slice(0, COSTS_SHOWN).map(({ name, price, cases, next }) => {
      const more = cases.length === 0 ? '' : ` (${cases.join('; ')})`;
      const soon = next === null ? '' : ` From ${day(next.from, this)} it ${next.price}.`;
      return element('li', {}, element('span', {}, `${name} ${price}${more}.${soon}`));
    });
    return element(
      'details',
      {},
      element('summary', { 'data-key': 'costs' }, 'What things cost'),
      element('ul', {}, ...rows),
    );
  }
}
