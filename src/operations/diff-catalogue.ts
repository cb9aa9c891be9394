import type { CatalogueChange } from '../domain/catalogue-diff.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Refused } from '../domain/rejection.ts';
import type { Deps } from './deps.ts';
import { stripeRefusal } from './stripe-refusal.ts';
import { surveyCatalogue } from './survey-catalogue.ts';

/** What a push of this catalogue would do, object by object; writes nothing anywhere. */
export async function diffCatalogue(
  deps: Deps,
  catalogue: Catalogue,
): Promise<{ readonly changes: readonly CatalogueChange[] } | Refused> {
  try {
    const survey = await surveyCatalogue(deps, catalogue);
    return 'rejected' in survey ? survey : { changes: survey.changes };
  } catch (error) {
    return stripeRefusal(error);
  }
}
