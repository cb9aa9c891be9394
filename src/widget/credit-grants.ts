import { CreditElement } from './credit-element.ts';
import { credits, day } from './figures.ts';
import { type Child, element, table } from './markup.ts';
import type { Grant, Portal } from './portal-client.ts';

const SOURCES: Readonly<Record<string, string>> = {
  included: 'Included',
  purchased: 'Bought',
  promotional: 'Gift',
  goodwill: 'Goodwill',
  rollover: 'Rolled over',
  carried: 'Carried over',
  restored: 'Given back',
  opening: 'Brought along',
};

/** `<credit-grants>`: where credits came from, what is left of each, when each ends. */
export class CreditGrants extends CreditElement {
  protected readonly heading = 'Where they come from';

  protected content({ grants }: Portal): readonly Child[] {
    if (grants.length === 0) return [element('p', {}, 'There are no credits at the moment.')];
    const rows = grants.map((grant) => [
      SOURCES[grant.source] ?? grant.source,
      credits(grant.granted, this),
      credits(grant.used, this),
      credits(grant.left, this),
      this.#end(grant),
    ]);
    return [table('Credits in the order in which they are used', ['from', 'total', 'used', 'left', 'until'], rows)];
  }

  #end({ spendable, effective_at: starts, expires_at: ends }: Grant): string {
    if (!spendable && new Date(starts) > new Date()) return `from ${day(starts, this)}`;
    if (!spendable) return 'ended';
    return ends === null ? 'no end' : day(ends, this);
  }
}
