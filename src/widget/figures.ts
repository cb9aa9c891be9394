// Figures and dates as the page's language writes them. Credits are decimal strings: shown to two places, exact on demand.

export interface Tongue {
  readonly lang: string;
}

export function credits(amount: string, { lang }: Tongue): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 2 }).format(Number(amount));
}

export function money(minor: number, currency: string, { lang }: Tongue): string {
  const format = new Intl.NumberFormat(lang, { style: 'currency', currency });
  const places = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** places);
}

export function day(instant: string, { lang }: Tongue): string {
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
}

export function moment(instant: string, { lang }: Tongue): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
}

/** How often `cost` fits into `available`; null when it costs nothing. */
export function timesAffordable(available: string, cost: string): number | null {
  const [have, price] = [Number(available), Number(cost)];
  return price > 0 ? Math.floor(have / price + 1e-9) : null;
}

export function percentUsed(available: string, granted: string): number {
  const [left, all] = [Number(available), Number(granted)];
  return all > 0 ? Math.min(100, Math.max(0, Math.round(((all - left) / all) * 100))) : 0;
}
