// The model that past behaviour is put under: each customer's own plan, a stored plan version, or a catalogue that was
// never pushed.
import { METER_UNIT_MICRO, type Catalogue } from '../../domain/catalogue.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { ReplayModel, ReplayRate } from '../../domain/simulation/replay-facts.ts';
import { planTerms } from '../../domain/terms.ts';
import type { Transaction } from '../../storage/database.ts';
import { listPlanVersions, listRates, type PlanVersion, planVersion } from '../../storage/plans.ts';
import { termsOf } from '../../storage/pool-books.ts';
import type { Deps } from '../deps.ts';
import { lintRefusal, validateCatalogue } from '../validate-catalogue.ts';

export type Candidate =
  | { readonly kind: 'present' }
  | { readonly kind: 'plan'; readonly plan: string; readonly version: number | null }
  /** `plan`: for everybody; null: each customer's own, as the file has it. */
  | { readonly kind: 'catalogue'; readonly name: string; readonly catalogue: Catalogue; readonly plan: string | null };

export interface Sold {
  readonly unit: string;
  readonly planVersionId: string;
}

/** What a customer would be sold under the candidate, or why it cannot be. */
export type ModelFor = (
  trx: Transaction,
  sold: Sold,
) => Promise<{ readonly plan: string; readonly model: ReplayModel } | string>;

/** Reads the candidate once; refuses a plan or a catalogue that is not there or not right. */
export async function readCandidate(deps: Deps, candidate: Candidate): Promise<ModelFor | Refused> {
  switch (candidate.kind) {
    case 'present':
      return presentModel;
    case 'plan': {
      const { plan, version } = candidate;
      const versions = (await listPlanVersions(deps.db)).filter((known) => known.plan === plan);
      const chosen = versions.find((known) => version === null || known.version === version);
      if (chosen !== undefined) return async (trx, sold) => storedModel(trx, sold, chosen);
      const known = versions.map((one) => `${plan}@${one.version}`).join(', ');
      const hint = known === '' ? 'See: creditpool plan diff.' : `There are ${known}.`;
      return refuse('unknown_plan', `There is no plan ${plan}${version === null ? '' : `@${version}`}. ${hint}`, {
        param: 'plan',
      });
    }
    case 'catalogue':
      return catalogueModel(candidate);
  }
}

/** The plan version that a customer has, with the rates that were in force when it was used. */
export const presentModel: ModelFor = async (trx, sold) => {
  const version = await planVersion(trx, sold.planVersionId);
  return storedModel(trx, sold, version);
};

async function storedModel(trx: Transaction, { unit }: Sold, version: PlanVersion): ReturnType<ModelFor> {
  const plan = `${version.plan}@${version.version}`;
  if (version.unit !== unit) return `plan ${plan} is sold in ${version.unit}, this pool holds ${unit}`;
  return { plan, model: { terms: await termsOf(trx, version.planVersionId), rates: await listRates(trx, unit) } };
}

function catalogueModel({
  name,
  catalogue: given,
  plan: forAll,
}: Extract<Candidate, { kind: 'catalogue' }>): ModelFor | Refused {
  const checked = validateCatalogue(given);
  if ('rejected' in checked) return checked;
  const { catalogue } = checked;
  if (forAll !== null && !catalogue.plans.some(({ plan }) => plan === forAll)) {
    return lintRefusal([
      { path: 'plans', code: 'no_plan', message: `${name} has no plan ${forAll}.`, fix: 'Name one of its plans.' },
    ]);
  }
  const rates = newestRates(catalogue);
  return async (trx, { unit, planVersionId }) => {
    if (catalogue.unit.name !== unit) return `${name} sells ${catalogue.unit.name}, this pool holds ${unit}`;
    const own = forAll ?? (await planVersion(trx, planVersionId)).plan;
    const content = catalogue.plans.find(({ plan }) => plan === own);
    if (content === undefined) return `${name} has no plan ${own}`;
    const terms = planTerms('candidate', unit, METER_UNIT_MICRO[catalogue.unit.meterUnit], content);
    return { plan: own, model: { terms, rates } };
  };
}

/** Of each action the last row of the file, as if it had always been in force: what is asked is what it would do. */
function newestRates({ burnTable }: Catalogue): readonly ReplayRate[] {
  const newest = new Map<string, (typeof burnTable)[number]>();
  for (const row of burnTable) {
    const known = newest.get(row.action);
    if (known === undefined || new Date(known.effectiveFrom) < new Date(row.effectiveFrom)) newest.set(row.action, row);
  }
  return [...newest.values()].map(({ action, feature, rate }) => ({
    burnRateId: `candidate/${action}`,
    action,
    feature,
    effectiveFrom: new Date(0),
    rate,
  }));
}
