// A month at a glance: what was metered, what the ledger says, what was invoiced, what is deferred, what blocks the close.
import { EVERY_LANE } from '../../domain/customer.ts';
import type { CloseItem } from '../../domain/period-close.ts';
import type { Refused } from '../../domain/rejection.ts';
import type { UsageOfInvoice } from '../../domain/usage-flow.ts';
import { usageOfInvoices } from '../../storage/usage-flow.ts';
import { type ClassCount, countVariances } from '../../storage/variance-queue.ts';
import { closeOf } from '../close/read-close.ts';
import { readMonthFigures } from '../close/roll-forward.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export interface Overview {
  readonly usage: readonly UsageOfInvoice[];
  /** Deferred revenue of bought credits at the month's end. */
  readonly deferred: readonly { readonly currency: string; readonly minor: bigint }[];
  readonly blocking: readonly CloseItem[];
  /** Open ones. */
  readonly variances: readonly ClassCount[];
}

export async function readOverview(deps: Pick<Deps, 'db'>, acting: Acting, month: string): Promise<Overview | Refused> {
  const figures = await readMonthFigures(deps, acting, month);
  if ('rejected' in figures) return figures;
  const byCurrency = Map.groupBy(figures.rollForward, ({ currency }) => currency);
  const { checklist, state } = await closeOf(deps.db, month);
  return {
    usage: await usageOfInvoices(deps.db, { lanes: EVERY_LANE, month: `${month}-01` }),
    deferred: [...byCurrency].map(([currency, rows]) => ({
      currency,
      minor: rows.reduce((sum, { closing }) => sum + closing, 0n),
    })),
    blocking: state === 'closed' ? [] : checklist.filter(({ done }) => !done),
    variances: await countVariances(deps.db, { states: ['open'] }),
  };
}

/** The rows behind metered, ledger and invoiced. */
export async function readMonthUsage(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  month: string,
): Promise<{ readonly usage: readonly UsageOfInvoice[] } | Refused> {
  const actor = await permitted(db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  return { usage: await usageOfInvoices(db, { lanes: EVERY_LANE, month: `${month}-01` }) };
}
