import { balanceLevel, type BalanceLevel } from '../domain/balance-level.ts';
import { actionWords, priceWords } from '../domain/burn-table-text.ts';
import type { Pack } from '../domain/catalogue.ts';
import { watchedNotice } from '../domain/ladder.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import type { PlanTerms } from '../domain/terms.ts';
import { currentCatalogue } from '../storage/catalogues.ts';
import { customerTerms } from '../storage/customer-terms.ts';
import { readCustomer } from '../storage/customers.ts';
import { type DayOfUse, latestUses, type Use, usageByDay, usedUpAllowance } from '../storage/portal.ts';
import { topUpConsent } from '../storage/top-up-consents.ts';
import type { Deps } from './deps.ts';
import { type Balance, readBalance } from './read-balance.ts';
import { readBurnTable } from './read-burn-table.ts';
import { findCustomer } from './read-customer.ts';

const RECENT = 5;
const SOON_DAYS = 30;
const DAYS_MAX = 92;
const DAY_MS = 86_400_000;

export interface Portal {
  readonly balance: Balance;
  readonly unitName: string;
  /** What is only watched, in the customer's words; null: everything counts. */
  readonly notice: string | null;
  readonly level: BalanceLevel;
  /** Of the open lots and of the running period's allowance, micro-credits. */
  readonly granted: bigint;
  /** Credits that end soon, the next first. */
  readonly expiring: readonly { readonly credits: bigint; readonly at: Date }[];
  readonly costs: readonly ActionCost[];
  readonly recent: readonly (Use & { readonly name: string })[];
  readonly packs: readonly Pack[];
  readonly topUp: 'off' | 'on' | 'paused';
}

export interface ActionCost {
  readonly action: string;
  /** What customers call it. */
  readonly name: string;
  /** "costs 20 credits" */
  readonly price: string;
  readonly cases: readonly string[];
  /** Flat credits of one use, where that is all it costs: a decimal string. */
  readonly flat: string | null;
  readonly next: { readonly price: string; readonly from: Date } | null;
}

/** Everything that a page of the customer himself shows, read from the rows that are enforced. */
export async function readPortal(deps: Deps, name: string): Promise<Portal | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const [balance, table, recent, consent, terms, catalogue] = await Promise.all([
    readBalance(deps, name),
    readBurnTable(deps),
    latestUses(deps.db, customer, RECENT),
    topUpConsent(deps.db, customer),
    customerTerms(deps.db, customer),
    currentCatalogue(deps.db),
  ]);
  if ('rejected' in balance) return balance;
  const words = catalogue?.content.words ?? {};
  const open = balance.lots.filter((lot) => lot.open);
  const usedUp = await usedUpAllowance(deps.db, customer, balance.asOf);
  const granted = open.reduce((sum, lot) => sum + lot.granted, usedUp);
  const { plan, available } = balance;
  const paused = consent !== null && consent.pausedAt !== null;
  return {
    balance,
    notice: watchedNotice(balance.notEnforced, (action) => actionWords(action, words)),
    unitName: catalogue?.content.unit.displayName ?? 'credit',
    level: balanceLevel({ plan, available, granted, neverStops: neverStops(terms, balance) }),
    granted,
    expiring: expiringSoon(balance),
    costs: table.actions.flatMap((action) => costOf(action, words)),
    recent: recent.map((use) => ({ ...use, name: actionWords(use.action, words) })),
    packs: (catalogue?.content.packs ?? []).filter(({ credits }) => credits !== '0'),
    topUp: consent === null ? 'off' : paused ? 'paused' : 'on',
  };
}

/** Sums of use by day, action and member, at most 92 days of them. */
export async function readPortalUsage(
  deps: Deps,
  { customer: name, from, to }: { readonly customer: string; readonly from: Date; readonly to: Date },
): Promise<readonly (DayOfUse & { readonly name: string })[] | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  if (to <= from || to.getTime() - from.getTime() > DAYS_MAX * DAY_MS) {
    return refuse('invalid_request', `to must lie after from, and at most ${DAYS_MAX} days later.`, { param: 'to' });
  }
  const [days, catalogue] = await Promise.all([usageByDay(deps.db, customer, { from, to }), currentCatalogue(deps.db)]);
  const words = catalogue?.content.words ?? {};
  return days.map((day) => ({ ...day, name: actionWords(day.action, words) }));
}

/** Whether this customer is known at Stripe, where packs are sold. */
export async function stripeCustomerOf(deps: Pick<Deps, 'db'>, name: string): Promise<string | Refused> {
  const key = await findCustomer(deps, name);
  if ('rejected' in key) return key;
  const stripeCustomerId = (await readCustomer(deps.db, key))?.stripeCustomerId ?? null;
  return (
    stripeCustomerId ?? refuse('unknown_customer', 'This customer is not known at Stripe, so nothing can be sold.')
  );
}

function costOf(
  { action, inForce, next }: Awaited<ReturnType<typeof readBurnTable>>['actions'][number],
  words: Readonly<Record<string, string>>,
): readonly ActionCost[] {
  if (inForce === null) return [];
  const { flat = null, per = [], tiers = [], rules = [] } = inForce.rate;
  const isFlat = per.length + tiers.length + rules.length === 0;
  return [
    {
      action,
      name: actionWords(action, words),
      ...priceWords(inForce.rate, words),
      flat: isFlat ? flat : null,
      next: next === null ? null : { price: priceWords(next.rate, words).price, from: next.effectiveFrom },
    },
  ];
}

function expiringSoon({ lots, asOf }: Balance): Portal['expiring'] {
  const until = asOf.getTime() + SOON_DAYS * DAY_MS;
  const ends = new Map<number, bigint>();
  for (const { open, expiresAt, left } of lots) {
    if (!open || expiresAt === null || expiresAt.getTime() > until || left === 0n) continue;
    ends.set(expiresAt.getTime(), (ends.get(expiresAt.getTime()) ?? 0n) + left);
  }
  return [...ends].toSorted(([a], [b]) => a - b).map(([at, credits]) => ({ at: new Date(at), credits }));
}

/** Work goes on without credits, and nothing that anybody set stops it. */
function neverStops(terms: PlanTerms | null, { spendingLimit }: Balance): boolean {
  return terms?.policy.zeroBalance === 'overage' && terms.policy.overageCap === null && spendingLimit === null;
}
