import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { customerTerms } from '../storage/customer-terms.ts';
import { transaction } from '../storage/database.ts';
import { lockPools } from '../storage/pool-books.ts';
import {
  resumeConsent,
  storeConsent,
  topUpConsent,
  type TopUpConsent,
  withdrawConsent,
} from '../storage/top-up-consents.ts';
import { listTopUps as listRows, type TopUp } from '../storage/top-ups.ts';
import { findCustomer } from './read-customer.ts';
import type { RealTime } from './track-usage.ts';

export interface NewConsent {
  readonly customer: string;
  readonly acceptedBy: string;
  readonly textHash: string;
  readonly monthlyCapMinor: bigint | null;
}

/** Records that somebody agreed to automatic top-ups, in place of an earlier consent; a pack that is due is wanted now. */
export async function consentToTopUps(
  { deps, executor }: RealTime,
  { customer: name, acceptedBy, textHash, monthlyCapMinor }: NewConsent,
): Promise<TopUpConsent | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const stored = await transaction(deps.db, async (trx) => {
    await lockPools(trx, [customer]);
    const terms = await customerTerms(trx, customer);
    if (terms === null || terms.policy.topUp === 'none') {
      return refuse(
        'no_top_up_rule',
        'The plan of this customer has no topUp rule, so there is nothing to consent to.',
      );
    }
    const consentId = deps.newId();
    await storeConsent(trx, customer, { consentId, acceptedBy, textHash, monthlyCapMinor, acceptedAt: await now(trx) });
    return topUpConsent(trx, customer);
  });
  if (stored === null) throw new Error('a consent was stored and is not there');
  if (!('rejected' in stored)) await executor.submit([{ kind: 'touch', customer }]);
  return stored;
}

/** Takes the consent back; what is under way is still bought. */
export async function withdrawTopUps(
  { deps }: RealTime,
  { customer: name, by }: { readonly customer: string; readonly by: string },
): Promise<{ readonly withdrawn: true } | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  return transaction(deps.db, async (trx) => {
    await lockPools(trx, [customer]);
    const withdrawn = await withdrawConsent(trx, customer, { by, at: await now(trx) });
    return withdrawn ? { withdrawn } : noConsent();
  });
}

/** A person lets top-ups go on after a declined card. */
export async function resumeTopUps(
  { deps, executor }: RealTime,
  { customer: name }: { readonly customer: string },
): Promise<TopUpConsent | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const consent = await transaction(deps.db, async (trx) => {
    await lockPools(trx, [customer]);
    await resumeConsent(trx, customer);
    return topUpConsent(trx, customer);
  });
  if (consent === null) return noConsent();
  await executor.submit([{ kind: 'touch', customer }]);
  return consent;
}

/** The consent in force and what was bought by it, the newest first. */
export async function readTopUps(
  { deps }: RealTime,
  {
    customer: name,
    limit,
    after = null,
  }: { readonly customer: string; readonly limit: number; readonly after?: string | null },
): Promise<
  { readonly consent: TopUpConsent | null; readonly topUps: readonly TopUp[]; readonly hasMore: boolean } | Refused
> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const topUps = await listRows(deps.db, customer, limit + 1, after);
  const consent = await topUpConsent(deps.db, customer);
  return { consent, topUps: topUps.slice(0, limit), hasMore: topUps.length > limit };
}

function noConsent(): Refused {
  return refuse('no_consent', 'Nobody has consented to automatic top-ups for this customer. Record a consent first.');
}
