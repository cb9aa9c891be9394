// Adopting a Stripe account that somebody else has built: counts first, then who is who, then one customer after the
// other. Stripe is only read. What stopped an import costs the customer that was under way.
import { type Match, matchCustomers, type SubscriptionAtStripe } from '../../domain/import-matching.ts';
import { now } from '../../storage/clock.ts';
import { customerByStripeId } from '../../storage/customers.ts';
import { finishImport, knownGrants, knownHere, noteImported, openImport } from '../../storage/imports.ts';
import {
  type SurveyedCustomer,
  surveyCustomers,
  surveyOpenInvoices,
  surveySubscriptions,
} from '../../stripe/account-survey.ts';
import type { Deps } from '../deps.ts';
import { adoptCustomer, type Adoption, grantsToAdopt, offerOf } from './adopt-customer.ts';
import { countUsageBefore, foreseeUsageBefore } from './usage-before.ts';

export interface AccountCounts {
  readonly customers: number;
  readonly subscriptions: number;
  readonly openInvoices: number;
}

export interface ImportedCustomer {
  readonly match: Match;
  readonly openInvoices: number;
  /** Credit grants that are taken over, and the micro-credits of their lots. */
  readonly grants: number;
  readonly grantedMicro: bigint;
  /** Micro-credits that Stripe had counted of the running period before. */
  readonly usedMicro: bigint;
  /** What a person must settle before these can be taken over. */
  readonly unclear: string | null;
}

export interface ImportReport {
  readonly counts: AccountCounts;
  /** Without those outside, who are only counted. */
  readonly customers: readonly ImportedCustomer[];
  readonly outside: number;
  /** Finished by an earlier run that was stopped. */
  readonly resumedAfter: number;
  readonly stopped: boolean;
}

export interface ImportAsked {
  /** Reports and changes nothing. */
  readonly dryRun: boolean;
  readonly included: Adoption['included'];
  readonly onCounts: (counts: AccountCounts, resumedAfter: number) => void;
  readonly onProgress: (done: number, total: number) => void;
  /** Asked between two customers. */
  readonly isStopped: () => boolean;
}

/** Imports the account, or reports what an import would do. */
export async function importAccount(deps: Deps, asked: ImportAsked): Promise<ImportReport> {
  const { counts, matches, invoices } = await survey(deps);
  const candidates = matches.filter(({ match }) => match !== 'outside');
  const report = { counts, outside: matches.length - candidates.length };
  const open = asked.dryRun ? null : await openImport(deps.db, deps.newId(), await now(deps.db));
  const done = open === null ? 0 : finishedOf(candidates, open.afterCustomer);
  asked.onCounts(counts, done);
  const customers: ImportedCustomer[] = [];
  for (const [index, match] of candidates.entries()) {
    if (index < done) continue;
    if (asked.isStopped()) return { ...report, customers, resumedAfter: done, stopped: true };
    const openInvoiceIds = invoices.get(match.stripeCustomerId) ?? [];
    const taken = await take(deps, asked, { match, openInvoiceIds, included: asked.included });
    customers.push({ match, openInvoices: openInvoiceIds.length, ...taken });
    if (open !== null) await noteImported(deps.db, open.importId, match.stripeCustomerId);
    asked.onProgress(index + 1, candidates.length);
  }
  if (open !== null) await finishImport(deps.db, open.importId, await now(deps.db));
  return { ...report, customers, resumedAfter: done, stopped: false };
}

function finishedOf(candidates: readonly Match[], afterCustomer: string | null): number {
  return candidates.findIndex(({ stripeCustomerId }) => stripeCustomerId === afterCustomer) + 1;
}

type Taken = Pick<ImportedCustomer, 'grants' | 'grantedMicro' | 'usedMicro' | 'unclear'>;

const NOTHING: Taken = { grants: 0, grantedMicro: 0n, usedMicro: 0n, unclear: null };

async function take(deps: Deps, { dryRun }: ImportAsked, adoption: Adoption): Promise<Taken> {
  const { match } = adoption;
  if (match.match === 'ambiguous') return NOTHING;
  if (!dryRun) return adoptCustomer(deps, adoption);
  const offer = await offerOf(deps, match);
  if (offer === null) return NOTHING;
  const customer = await customerByStripeId(deps.db, match.stripeCustomerId);
  const before =
    customer === undefined
      ? await foreseeUsageBefore(deps, match, offer)
      : await countUsageBefore(deps, customer, match.stripeCustomerId);
  if (before !== null && 'unclear' in before) return { ...NOTHING, unclear: before.unclear };
  const known = customer === undefined ? new Set<string>() : await knownGrants(deps.db, customer);
  const found = await grantsToAdopt(deps, { reads: 0 }, match.stripeCustomerId, offer);
  const unknown = found.filter(({ grant }) => !known.has(grant.stripeGrantId) && !known.has(grant.key ?? ''));
  const grantedMicro = unknown.reduce((sum, { micro }) => sum + micro, 0n);
  return { grants: unknown.length, grantedMicro, usedMicro: before?.micro ?? 0n, unclear: null };
}

interface Surveyed {
  readonly counts: AccountCounts;
  readonly matches: readonly Match[];
  /** Open invoices by customer. */
  readonly invoices: ReadonlyMap<string, readonly string[]>;
}

async function survey({ db, stripe }: Deps): Promise<Surveyed> {
  const customers: SurveyedCustomer[] = [];
  for await (const customer of surveyCustomers(stripe)) customers.push(customer);
  const subscriptions: SubscriptionAtStripe[] = [];
  for await (const subscription of surveySubscriptions(stripe)) subscriptions.push(subscription);
  const invoices = new Map<string, string[]>();
  let openInvoices = 0;
  for await (const { invoiceId, stripeCustomerId } of surveyOpenInvoices(stripe)) {
    openInvoices += 1;
    invoices.set(stripeCustomerId, [...(invoices.get(stripeCustomerId) ?? []), invoiceId]);
  }
  const counts = { customers: customers.length, subscriptions: subscriptions.length, openInvoices };
  return { counts, matches: matchCustomers(customers, subscriptions, await knownHere(db)), invoices };
}
