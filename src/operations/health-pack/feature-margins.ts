import type { FeatureMargin, FeatureMargins } from '../../domain/health-pack/facts.ts';
import type { Month, Section } from '../../domain/health-pack/section.ts';
import type { MarginRow } from '../../domain/margin.ts';
import type { Deps } from '../deps.ts';
import { computeMargin } from '../margin/read-margin.ts';

/** What features cost and brought in a month. Not enough where no use has a known cost. */
export async function readFeatureMargins(deps: Pick<Deps, 'db'>, month: Month): Promise<Section<FeatureMargins>> {
  const report = await computeMargin(deps, { by: 'feature', from: month, to: month, currency: null });
  const [total] = report.totals;
  if (total === undefined || (total.cost === 0n && report.notConverted.length === 0)) {
    const because = `No use of ${month} has a known cost: send provider with usage, or push a price list.`;
    return { kind: 'not_enough_data', because, have: 0, need: 1 };
  }
  return {
    kind: 'data',
    data: {
      currency: report.currency,
      rows: report.rows.map(toFeature),
      total: toFeature(total),
      usesWithoutCost: total.usesWithoutCost,
      notConverted: report.notConverted,
    },
  };
}

function toFeature({ key, worth, ...row }: MarginRow): FeatureMargin {
  const { uses, credits, cost, billed, gap, margin, previousMargin, underWater, drifted, belowTarget } = row;
  const flags = { underWater, drifted, belowTarget };
  const { unallocated, free } = worth;
  return {
    feature: key ?? 'all',
    uses,
    credits,
    cost,
    billed,
    unallocated,
    free,
    gap,
    margin,
    previousMargin,
    ...flags,
  };
}
