import type { Catalogue } from '../domain/catalogue.ts';
import { type PolicyRule, policyRules } from '../domain/policy-text.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { fingerprintOf } from '../storage/catalogues.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { catalogueFor, listPlanVersions, planVersion, type PlanVersion } from '../storage/plans.ts';
import type { Deps } from './deps.ts';

export interface PlanPolicy {
  readonly plan: string;
  readonly name: string;
  readonly version: number;
  readonly offered: boolean;
  readonly rules: readonly PolicyRule[];
}

type Offer = Pick<Catalogue, 'plans' | 'packs' | 'words'>;

/** The policies of everything that is sold now, and of what is still in somebody's hands; offered ones first. */
export async function listPolicies({ db }: Pick<Deps, 'db'>): Promise<readonly PlanPolicy[]> {
  const [offer, versions] = [await currentOffer(db), await listPlanVersions(db)];
  const all = versions.map((version) => toPolicy(version, offer));
  return [...all.filter(({ offered }) => offered), ...all.filter(({ offered }) => !offered)];
}

/** The policy of a plan as it is sold now, or of one of its versions; a plan that is withdrawn shows its newest. */
export async function readPolicy(
  deps: Pick<Deps, 'db'>,
  { plan, version = null }: { readonly plan: string; readonly version?: number | null },
): Promise<PlanPolicy | Refused> {
  const policies = (await listPolicies(deps)).filter((policy) => policy.plan === plan);
  const found = version === null ? policies[0] : policies.find((policy) => policy.version === version);
  if (found !== undefined) return found;
  const what = version === null ? plan : `${plan} in version ${version}`;
  return refuse('unknown_plan', `No plan ${what} was pushed. See what there is: creditpool plan diff.`, {
    param: 'plan',
  });
}

/** The policy of the very version that a customer has. */
export async function readPolicyOfVersion(db: Database | Transaction, planVersionId: string): Promise<PlanPolicy> {
  return toPolicy(await planVersion(db, planVersionId), await currentOffer(db));
}

async function currentOffer(db: Database | Transaction): Promise<Offer> {
  return (await catalogueFor(db)) ?? { plans: [], packs: [] };
}

function toPolicy({ plan, version, content }: PlanVersion, { plans, packs, words = {} }: Offer): PlanPolicy {
  const sold = plans.find((each) => each.plan === plan);
  const offered = sold !== undefined && fingerprintOf(sold) === fingerprintOf(content);
  return { plan, name: content.name, version, offered, rules: policyRules({ plan: content, packs, words }) };
}
