// Packs, those that are bought by themselves, gifts and voids by another hand: a part of the recomputation. Imports nothing of the product.
import { charge, type Life, lives, openLot } from './recompute-lots.ts';
import { MICRO, packOf } from './recompute-prices.ts';

const [MINUTE, DAY] = [60_000, 86_400_000];

/** Notes that fewer than 1 000 credits are left, if only while some are held. */
export function noteLow(life: Life, at: number, held: number): void {
  const available = life.lots.reduce((sum, lot) => sum + (lives(lot, at) ? lot.left : 0), 0);
  if (available - held < 1_000 * MICRO) life.wantsTopUp = true;
}

/** Buys what is wanted, inside the month's cap. */
export function topUp(life: Life, at: number): void {
  const { plan, offered, lastTopUp, wantsTopUp } = life;
  life.wantsTopUp = false;
  if (plan.plan !== 'top-up' || life.current === null || !wantsTopUp) return;
  const { amountMinor } = packOf(offered, 'pack-5k');
  const month = new Date(at).toISOString().slice(0, 7);
  const spent = (lastTopUp.month === month ? lastTopUp.spent : 0) + amountMinor;
  if (life.topUps === 'paused') return;
  if (at - lastTopUp.at < 30 * MINUTE || spent > 13_500) return;
  life.lastTopUp = { at, month, spent };
  charge(life, at, 'top-up', amountMinor);
  // The invoice stays open for whoever wants to pay it.
  if (!life.cardWorks) life.topUps = 'paused';
  else buy(life, at, 'pack-5k', `top-up ${at}`);
}

/** A pack that is paid opens its lot. */
export function buy(life: Life, at: number, name: string, invoice: string): void {
  const { credits, amountMinor: price } = packOf(life.offered, name);
  life.packs.set(invoice, openLot(life, { from: at, until: at + 90 * DAY, granted: Number(credits) * MICRO, price }));
}

/** A credit grant by another hand that nobody has found yet takes off what it can. */
export function lessGift(life: Life, minor: number): number {
  const given = Math.min(life.gift, minor);
  life.gift -= given;
  return minor - given;
}

/** The newest cycle's invoice asks for nothing any more, and what is left of the credits of its fee ends. */
export function voidNewest(life: Life): void {
  const newest = life.charges.findLast(({ what }) => what.startsWith('cycle'));
  if (newest !== undefined) newest.minor = 0;
  for (const lot of life.lots) if (life.current !== null && lot.cycle === life.current.number) lot.left = 0;
}

/** An invoice that is voided asks for nothing. */
export function waive({ charges }: Life, invoice: string): void {
  for (const charged of charges) if (charged.what === invoice) charged.minor = 0;
}
