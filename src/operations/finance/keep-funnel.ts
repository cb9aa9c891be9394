// What a run saw of the usage on its way to Stripe, kept with the run: later it would look different.
import { EVERY_LANE } from '../../domain/customer.ts';
import { type Funnel, usageFunnel } from '../../domain/usage-flow.ts';
import { now } from '../../storage/clock.ts';
import { saveFunnels } from '../../storage/reconciliation-runs.ts';
import { countEvents, meterFindings, usageOfInvoices } from '../../storage/usage-flow.ts';
import type { Deps } from '../deps.ts';

/** Computes the funnels of the last full month and of the one that runs, and keeps them with a run. */
export async function keepFunnel({ db }: Pick<Deps, 'db'>, reconciliationId: string): Promise<void> {
  const at = await now(db);
  const funnels: Funnel[] = [];
  for (const month of [monthOf(at, -1), monthOf(at, 0)]) {
    const scope = { lanes: EVERY_LANE, month: `${month}-01` };
    const rows = await usageOfInvoices(db, scope);
    for (const [unit, own] of Map.groupBy(rows, (row) => row.unit)) {
      const events = await countEvents(db, { ...scope, unit });
      funnels.push(usageFunnel({ month, unit }, own, events, await meterFindings(db, { ...scope, unit })));
    }
  }
  await saveFunnels(db, reconciliationId, funnels);
}

function monthOf(at: Date, offset: number): string {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1)).toISOString().slice(0, 7);
}
