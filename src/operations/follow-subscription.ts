// A running subscription that is another one now: more seats, or another plan.
import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { changePlan } from '../domain/plan-change.ts';
import { noteSeats } from '../domain/seats.ts';
import { endSubscription } from '../domain/subscription-end.ts';
import type { Transaction } from '../storage/database.ts';
import { planVersion } from '../storage/plans.ts';
import { saveBookChanges } from '../storage/pool-book-changes.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { StoredSubscription } from '../storage/subscriptions.ts';
import type { Deps } from './deps.ts';

/** Brings a customer's pools up to the present, so that what follows changes nothing that has begun. */
export async function catchUpCustomer(deps: Deps, trx: Transaction, customer: CustomerKey): Promise<void> {
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, {
    allMembersOf: [customer.customerId],
  });
  const book = books.get(customer.customerId);
  if (book === undefined) return;
  catchUp(book, { now, newId: deps.newId });
  await saveBookChanges(trx, now, [book]);
}

/** Follows what changed: another plan ends the old one's credits and opens its own, new seats bring their share. */
export async function followChange(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  { before, changedAt }: { readonly before: StoredSubscription; readonly changedAt: Date | null },
): Promise<void> {
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, {
    allMembersOf: [customer.customerId],
  });
  const book = books.get(customer.customerId);
  const { subscription, terms } = book ?? {};
  if (book === undefined || subscription === null || subscription?.subscriptionId !== before.subscriptionId) return;
  const moment = { now, newId: deps.newId };
  const was = before.planVersionId === null ? null : await planVersion(trx, before.planVersionId);
  // A new version of the same plan begins with a renewal; another plan is the customer's own wish.
  if (was !== null && terms != null && was.plan !== terms.plan) changePlan(book, moment);
  else noteSeats(book, subscription.quantity, changedAt ?? now, moment);
  await saveBookChanges(trx, now, [book]);
}

/** Follows the end of a subscription, by whatever hand: its period ends then, and with it what the plan included. */
export async function followEnd(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  { subscriptionId, endedAt }: { readonly subscriptionId: string; readonly endedAt: Date | null },
): Promise<void> {
  const whole = [customer.customerId];
  const needs = { allMembersOf: whole, allHoldsOf: whole };
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, needs);
  const book = books.get(customer.customerId);
  // Another subscription keeps the pool going.
  if (book === undefined || (book.subscription !== null && book.subscription.subscriptionId !== subscriptionId)) return;
  const moment = { now, newId: deps.newId };
  catchUp(book, moment);
  endSubscription(book, { subscriptionId, endedAt: endedAt === null || endedAt > now ? now : endedAt }, moment);
  await saveBookChanges(trx, now, [book]);
}
