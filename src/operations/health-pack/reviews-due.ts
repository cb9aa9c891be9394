import { endOf, type Month } from '../../domain/health-pack/section.ts';
import { currentCatalogue } from '../../storage/catalogues.ts';
import type { Deps } from '../deps.ts';

/** Offered plans whose review date came in the month or before it. */
export async function readReviewsDue({ db }: Pick<Deps, 'db'>, month: Month): Promise<readonly string[]> {
  const plans: readonly { readonly plan: string; readonly reviewOn?: unknown }[] =
    (await currentCatalogue(db))?.content.plans ?? [];
  return plans.flatMap(({ plan, reviewOn }) =>
    typeof reviewOn === 'string' && new Date(reviewOn) < endOf(month) ? [`plan ${plan}`] : [],
  );
}
