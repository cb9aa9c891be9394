// One customer of an account that somebody else has built: mirrored as it is, and given here what it has there.
import { endAllowance } from '../../domain/allowance-end.ts';
import { catchUp } from '../../domain/catch-up.ts';
import { creditPrice } from '../../domain/credit-price.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import type { Match } from '../../domain/import-matching.ts';
import { openLot } from '../../domain/lot-opening.ts';
import { type AdoptableGrant, adoptableGrants } from '../../domain/opening-grant.ts';
import { openIncludedLot } from '../../domain/period-opening.ts';
import { type Moment, type PoolBook, runningPeriod } from '../../domain/pool-book.ts';
import { now } from '../../storage/clock.ts';
import { insertGrant, markGranted } from '../../storage/credit-grants.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { knownGrants, markAdopted, noteTakenOver } from '../../storage/imports.ts';
import { openedSources } from '../../storage/lots.ts';
import { planVersionOfPrice, type PlanVersion } from '../../storage/plans.ts';
import { loadPoolBooks, termsOf } from '../../storage/pool-books.ts';
import { creditMovementsThere, grantsThere, type ReadCount } from '../../stripe/statements.ts';
import type { Deps } from '../deps.ts';
import { mirrorCreditMovements } from '../mirror-credit-movements.ts';
import { mirrorCustomer, mirrorCustomerBalance } from '../mirror-customer.ts';
import { mirrorInvoice } from '../mirror-invoice.ts';
import { mirrorSubscription } from '../mirror-subscription.ts';
import { saveWatched, watch } from '../watch-pools.ts';
import { countUsageBefore, isStillBefore, ON_ITS_WAY, postUsageBefore } from './usage-before.ts';

export interface Adopted {
  /** Micro-credits of the grants that were taken over. */
  readonly grantedMicro: bigint;
  readonly grants: number;
  /** Micro-credits of the running period's allowance, opened now. */
  readonly includedMicro: bigint;
  /** Micro-credits that Stripe had counted of the running period before. */
  readonly usedMicro: bigint;
  /** What a person must settle before credits and usage can be taken over; the rest is. */
  readonly unclear: string | null;
}

export interface Adoption {
  readonly match: Match;
  readonly openInvoiceIds: readonly string[];
  /** full: the running period's allowance opens whole; none: the opening balances say what is left. */
  readonly included: 'full' | 'none';
}

const NOTHING: Adopted = { grantedMicro: 0n, grants: 0, includedMicro: 0n, usedMicro: 0n, unclear: null };

/** Takes one customer over. Once done, doing it again changes nothing; half done, it goes on. Only reads Stripe. */
export async function adoptCustomer(deps: Deps, { match, openInvoiceIds, included }: Adoption): Promise<Adopted> {
  const { stripeCustomerId, subscriptions } = match;
  const key = await mirrorCustomer(deps, stripeCustomerId);
  if (key === null) return NOTHING;
  if (match.match === 'new') await markAdopted(deps.db, key, await now(deps.db));
  for (const { subscriptionId } of subscriptions) await mirrorSubscription(deps, subscriptionId);
  const latest = subscriptions.flatMap(({ latestInvoiceId }) => latestInvoiceId ?? []);
  for (const invoiceId of new Set([...openInvoiceIds, ...latest])) await mirrorInvoice(deps, invoiceId);
  // After the invoices: what they did to it is theirs.
  await mirrorCustomerBalance(deps, key, stripeCustomerId);
  const offer = await offerOf(deps, match);
  if (offer === null) return NOTHING;
  const before = await countUsageBefore(deps, key, stripeCustomerId);
  if (before !== null && 'unclear' in before) return { ...NOTHING, unclear: before.unclear };
  const found = await grantsToAdopt(deps, { reads: 0 }, stripeCustomerId, offer);
  await mirrorCreditMovements(deps, key, stripeCustomerId);
  return transaction(deps.db, async (trx) => {
    const { now: at, books } = await loadPoolBooks(trx, [key], deps.settings);
    const book = books.get(key.customerId);
    if (book === undefined) return NOTHING;
    const moment = { now: at, newId: deps.newId };
    if (before !== null && !(await isStillBefore(trx, key, before, at))) return { ...NOTHING, unclear: ON_ITS_WAY };
    catchUp(book, moment);
    const stood = watch([book], at);
    // A trial is given nothing before its first fee is paid.
    const isRunning = subscriptions.some(({ status }) => status !== 'trialing');
    const includedMicro = isRunning ? await settleAllowance(trx, key, book, { included, moment }) : 0n;
    const known = await knownGrants(trx, key);
    const unknown = found.filter(({ grant }) => !known.has(grant.stripeGrantId) && !known.has(grant.key ?? ''));
    const lots = unknown.map((grant) => ({ grant, lotId: openGrantLot(book, grant, moment) }));
    // All that may pay for it stands now.
    if (before !== null) postUsageBefore(book, before, moment);
    await saveWatched(trx, book, stood, moment);
    if (before !== null) await noteTakenOver(trx, key, before.period, before);
    for (const { grant, lotId } of lots) await recordGrant(deps, trx, key, { book, grant, lotId, offer, at });
    const grantedMicro = lots.reduce((sum, { grant }) => sum + grant.micro, 0n);
    return { grantedMicro, grants: lots.length, includedMicro, usedMicro: before?.micro ?? 0n, unclear: null };
  });
}

/** The plan version that a customer is subscribed to. */
export async function offerOf({ db }: Pick<Deps, 'db'>, { subscriptions }: Match): Promise<PlanVersion | null> {
  for (const { priceId } of subscriptions.flatMap(({ items }) => items)) {
    const version = await planVersionOfPrice(db, priceId);
    if (version?.stripeMeteredPriceId === priceId) return version;
  }
  return null;
}

/** Open grants at Stripe that may pay for the plan's credits, with what is left of each. */
export async function grantsToAdopt(
  deps: Deps,
  count: ReadCount,
  stripeCustomerId: string,
  { planVersionId, stripeMeteredPriceId }: PlanVersion,
): Promise<readonly AdoptableGrant[]> {
  const terms = await termsOf(deps.db, planVersionId);
  const grants = await grantsThere(deps.stripe, count, stripeCustomerId);
  if (grants.length === 0) return [];
  const movements = await creditMovementsThere(deps.stripe, count, stripeCustomerId);
  return adoptableGrants(grants, movements, {
    price: creditPrice(terms.currency, terms.pricePerCredit),
    meteredPriceId: stripeMeteredPriceId ?? '',
    now: await now(deps.db),
  });
}

/**
 * The first period that we see may be any of the subscription's: its allowance was paid for elsewhere, and may be used
 * in part. Where the opening balances say what is left, it ends as it opens. Once per period.
 */
async function settleAllowance(
  trx: Transaction,
  key: CustomerKey,
  book: PoolBook,
  { included, moment }: { readonly included: Adoption['included']; readonly moment: Moment },
): Promise<bigint> {
  const { subscription } = book;
  const period = runningPeriod(book, moment.now);
  if (subscription === null || period === null) return 0n;
  const { billingPeriodId } = period;
  const opened = await openedSources(trx, key, 'billing_period', [billingPeriodId]);
  const lot = opened.size > 0 ? null : openIncludedLot(book, subscription, period, period.startsAt, moment);
  if (included === 'full') return lot?.granted ?? 0n;
  endAllowance(book, billingPeriodId, 'the opening balance says what is left', moment);
  return 0n;
}

function openGrantLot(book: PoolBook, { grant, micro }: AdoptableGrant, moment: Moment): string {
  const { stripeGrantId, category, priority, effectiveAt, expiresAt } = grant;
  const lot = openLot(
    book,
    {
      source: 'opening',
      category: category === 'promotional' ? 'promotional' : 'paid',
      priority,
      effectiveAt: effectiveAt > moment.now ? effectiveAt : moment.now,
      expiresAt,
      features: null,
      billingPeriodId: null,
      granted: micro,
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: book.terms?.currency ?? grant.currency,
      originLotId: null,
      sourceType: 'stripe_grant',
      sourceId: stripeGrantId,
    },
    {
      effectiveAt: moment.now,
      actor: 'import',
      reason: 'a credit grant that was at Stripe before',
      stripe: { credit_grant: stripeGrantId },
    },
    moment,
  );
  return lot.lotId;
}

/** Ours from now on: what it is worth and what the lot is worth are one sum, so that nothing is granted twice. */
async function recordGrant(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  {
    book,
    grant: { grant },
    lotId,
    offer,
    at,
  }: { book: PoolBook; grant: AdoptableGrant; lotId: string; offer: PlanVersion; at: Date },
): Promise<void> {
  const { stripeGrantId, currency, amountMinor, category, priority, effectiveAt, expiresAt } = grant;
  const creditGrantId = deps.newId();
  const wanted = { creditGrantId, poolId: book.poolId, currency, amountMinor, category, priority, effectiveAt };
  const meteredPriceId = offer.stripeMeteredPriceId ?? '';
  await insertGrant(trx, key, { ...wanted, meteredPriceId, backstopAt: expiresAt, lotIds: [lotId] }, at);
  await markGranted(trx, key, creditGrantId, { stripeGrantId, effectiveAt });
}
