import { CreditElement } from './credit-element.ts';
import { credits, day } from './figures.ts';
import { type Child, element, table } from './markup.ts';
import type { DayOfUse, Portal } from './portal-client.ts';

const DAY_MS = 86_400_000;
const RANGES = [7, 30, 90] as const;
const SVG = 'http://www.w3.org/2000/svg';

/** `<credit-usage>`: credits by day, days without use too, and the same as a table and a file. */
export class CreditUsage extends CreditElement {
  protected readonly heading = 'Usage';
  #days = 30;
  #seen: { readonly asOf: string; readonly days: number; readonly uses: readonly DayOfUse[] | 'unread' } | null = null;

  protected content({ as_of: asOf }: Portal): readonly Child[] {
    const seen = this.#seen;
    if (seen === null || seen.asOf !== asOf || seen.days !== this.#days) void this.#read(asOf);
    if (seen === null)
      return [this.#ranges(asOf), element('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading' })];
    if (seen.uses === 'unread')
      return [this.#ranges(asOf), element('p', { role: 'alert' }, 'The usage cannot be read right now.')];
    return [this.#ranges(asOf), ...this.#shown(asOf, seen.uses)];
  }

  async #read(asOf: string): Promise<void> {
    const days = this.#days;
    const { from, to } = this.#span(asOf);
    const uses = await (this.client?.usage(from, to) ?? Promise.resolve([])).catch(() => 'unread' as const);
    this.#seen = { asOf, days, uses };
    if (days === this.#days) this.redraw();
  }

  /** Whole days in UTC up to the day of `asOf`. */
  #span(asOf: string): { readonly from: Date; readonly to: Date } {
    const to = new Date((Math.floor(new Date(asOf).getTime() / DAY_MS) + 1) * DAY_MS);
    return { from: new Date(to.getTime() - this.#days * DAY_MS), to };
  }

  #ranges(asOf: string): HTMLElement {
    const buttons = RANGES.map((days) => {
      const choose = (): void => {
        this.#days = days;
        this.#seen = null;
        this.redraw();
      };
      const isChosen = days === this.#days;
      return element(
        'button',
        {
          type: 'button',
          class: isChosen ? '' : 'quiet',
          'aria-pressed': String(isChosen),
          'data-key': `range-${days}`,
          click: choose,
        },
        `${days} days`,
      );
    });
    const save = (): void => void this.#save(asOf);
    const file = element(
      'button',
      { type: 'button', class: 'quiet', 'data-key': 'csv', click: save },
      'Download as CSV',
    );
    return element('div', { class: 'row' }, element('div', { class: 'row' }, ...buttons), file);
  }

  async #save(asOf: string): Promise<void> {
    const { from, to } = this.#span(asOf);
    const file = await this.client?.usageCsv(from, to).catch(() => null);
    if (file == null) return;
    const link = element('a', {
      href: URL.createObjectURL(file),
      download: `usage-${from.toISOString().slice(0, 10)}.csv`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  #shown(asOf: string, uses: readonly DayOfUse[]): readonly Child[] {
    const { from } = this.#span(asOf);
    const names = Array.from({ length: this.#days }, (_, index) =>
      new Date(from.getTime() + index * DAY_MS).toISOString().slice(0, 10),
    );
    const totals = new Map(names.map((name) => [name, 0]));
    for (const { day: name, credits: used } of uses) totals.set(name, (totals.get(name) ?? 0) + Number(used));
    const sum = [...totals.values()].reduce((total, used) => total + used, 0);
    if (sum === 0) return [element('p', {}, `Nothing was used in the last ${this.#days} days.`)];
    const [top, most] = [...totals].reduce((best, each) => (each[1] > best[1] ? each : best));
    const finding = `${credits(String(sum), this)} credits in ${this.#days} days; the most on ${day(top, this)}: ${credits(String(most), this)}.`;
    const rows = uses
      .toReversed()
      .map((use) => [day(use.day, this), use.name, use.member ?? '', String(use.events), credits(use.credits, this)]);
    return [
      element('p', {}, finding),
      element('div', { class: 'bars', part: 'chart' }, bars([...totals.values()], most, finding)),
      element(
        'details',
        {},
        element('summary', { 'data-key': 'table' }, 'As a table'),
        table('Usage by day (UTC)', ['day', 'what', 'who', 'uses', 'credits'], rows),
      ),
    ];
  }
}

/** One bar a day, a hundred high. */
function bars(values: readonly number[], most: number, finding: string): SVGElement {
  const chart = document.createElementNS(SVG, 'svg');
  const width = values.length * 10;
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${width} 100`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': finding,
  })) {
    chart.setAttribute(name, value);
  }
  for (const [index, value] of values.entries()) {
    if (value === 0) continue;
    const bar = document.createElementNS(SVG, 'rect');
    const height = Math.max(2, (value / most) * 100);
    const place = { x: index * 10 + 1, y: 100 - height, width: 8, height };
    for (const [name, at] of Object.entries(place)) bar.setAttribute(name, String(at));
    chart.append(bar);
  }
  return chart;
}
