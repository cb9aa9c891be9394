// The burn table as customers read it: words, prices, what one credit buys, and what changes when.
import { actionWords, oneCreditBuys, type PriceText, priceWords } from '../domain/burn-table-text.ts';
import { priceText } from '../domain/written-figures.ts';
import { now } from '../storage/clock.ts';
import { catalogueFor } from '../storage/plans.ts';
import type { Deps } from './deps.ts';
import { readBurnTable } from './read-burn-table.ts';
import { listPolicies, type PlanPolicy } from './read-policy.ts';

export interface PricedThing extends PriceText {
  readonly action: string;
  /** "a report" */
  readonly words: string;
  readonly from: Date;
  /** What takes its place, and when. */
  readonly next: (PriceText & { readonly from: Date }) | null;
}

export interface PriceList {
  readonly asOf: Date;
  /** "Credits"; null before the first push. */
  readonly unit: string | null;
  readonly things: readonly PricedThing[];
  /** "1,000 input tokens" with the action it is of: what one credit buys. */
  readonly buys: readonly { readonly what: string; readonly words: string }[];
  /** What a credit costs, by plan. */
  readonly worth: readonly { readonly plan: string; readonly name: string; readonly price: string }[];
  readonly policies: readonly PlanPolicy[];
}

/** Everything that is offered now; what it costs us is not read at all. */
export async function readPriceList(deps: Pick<Deps, 'db'>): Promise<PriceList> {
  const asOf = await now(deps.db);
  const catalogue = await catalogueFor(deps.db);
  if (catalogue === null) return { asOf, unit: null, things: [], buys: [], worth: [], policies: [] };
  const { words = {}, plans, unit } = catalogue;
  const { actions } = await readBurnTable(deps, asOf);
  const things = actions.flatMap(({ action, inForce, next }): readonly PricedThing[] => {
    const shown = inForce ?? next;
    if (shown === null) return [];
    const coming = inForce === null || next === null ? null : next;
    return [
      {
        action,
        words: actionWords(action, words),
        ...priceWords(shown.rate, words),
        from: shown.effectiveFrom,
        next: coming === null ? null : { ...priceWords(coming.rate, words), from: coming.effectiveFrom },
      },
    ];
  });
  return {
    asOf,
    unit: unit.displayName,
    things,
    buys: actions.flatMap(({ action, inForce }) =>
      inForce === null
        ? []
        : oneCreditBuys(inForce.rate, words).map((what) => ({ what, words: actionWords(action, words) })),
    ),
    worth: plans.map(({ plan, name, pricePerCredit, currency }) => ({
      plan,
      name,
      price: priceText(pricePerCredit, currency),
    })),
    policies: (await listPolicies(deps)).filter(({ offered }) => offered),
  };
}
