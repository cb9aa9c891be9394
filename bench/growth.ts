// Whether ingest stays as cheap when many events are stored: the same rounds with few and with many of them there.
import { trackBatches } from './ingest.ts';
import { median, rounded } from './rounds.ts';
import { asOwner, type Stage } from './stage.ts';

export interface GrowthResult {
  /** Null in quick mode, which has no time to store so many. */
  readonly ratio: number | null;
  readonly events_stored?: number;
}

/** Cost per event with the large number stored ÷ with the small one. */
export async function measureGrowth(stage: Stage): Promise<GrowthResult> {
  const { growth } = stage.sizes;
  if (growth === null) return { ratio: null };
  const few = await costAfter(stage, growth.small);
  const many = await costAfter(stage, growth.large);
  return { ratio: rounded(many / few), events_stored: growth.large };
}

/** Median seconds per event of some rounds, once at least so many events are stored, all through the front door. */
async function costAfter(stage: Stage, atLeast: number): Promise<number> {
  const { batches, batchEvents, rounds } = stage.sizes;
  let stored = await storedEvents(stage);
  while (stored < atLeast) {
    const perSecond = await trackBatches(stage, stage.customers);
    stored += batches * batchEvents;
    stage.say(`growth: ${stored} of ${atLeast} events stored, ${Math.round(perSecond)} events/s`);
  }
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(1 / (await trackBatches(stage, stage.customers)));
  stage.say(`growth: ${Math.round(1 / median(costs))} events/s with ${stored} stored`);
  return median(costs);
}

async function storedEvents({ ownerUrl }: Stage): Promise<number> {
  return asOwner(ownerUrl, async (client) => {
    const { rows } = await client.query<{ count: string }>('select count(*) from usage_event_keys');
    return Number(rows[0]?.count ?? 0);
  });
}
