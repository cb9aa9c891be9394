import type { Disputes } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, monthAfter, type Section, startOf } from '../../domain/health-pack/section.ts';
import { caseThemes, decidedDisputes, disputesByReason } from '../../storage/health-pack/disputes.ts';
import type { Deps } from '../deps.ts';

/** What customers disputed and complained of in a month; none of it is an answer, too. */
export async function readDisputes({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<Disputes>> {
  const [from, until] = [startOf(month), endOf(month)];
  const [disputes, decided, themes] = await Promise.all([
    disputesByReason(db, from, until),
    decidedDisputes(db, from, until),
    caseThemes(db, { before: startOf(monthAfter(month, -1)), from, until }),
  ]);
  return { kind: 'data', data: { disputes, ...decided, themes } };
}
