// One table of background work: the loops of a service run each row in turn, a sandbox runs all of them until quiet.
import { finishCancellations } from '../operations/cancel-subscription.ts';
import { finishSubscriptionOrders } from '../operations/carry-out-order.ts';
import { tendCases } from '../operations/cases/tend-cases.ts';
import { catchUpPools } from '../operations/catch-up-pools.ts';
import { finishPlanChanges } from '../operations/change-plan.ts';
import { type Channels, deliverAlerts } from '../operations/deliver-alerts.ts';
import { deliverToHooks, type HookCalls } from '../operations/deliver-to-hooks.ts';
import type { Deps } from '../operations/deps.ts';
import { endNeverBilledPeriods } from '../operations/end-never-billed.ts';
import { performFinanceJobs } from '../operations/finance/finance-jobs.ts';
import { finishCreditNotes } from '../operations/finish-credit-notes.ts';
import { deliverPacks } from '../operations/health-pack/deliver-pack.ts';
import { advanceMigrations } from '../operations/migration/advance-migrations.ts';
import { settleBilledPeriods } from '../operations/mirror-invoice.ts';
import { pollDrafts } from '../operations/poll-drafts.ts';
import { relayOutbox } from '../operations/relay-outbox.ts';
import { reshapeGrants } from '../operations/reshape-grants.ts';
import { rollUpUsage } from '../operations/roll-up-usage.ts';
import { settleDrafts } from '../operations/settle-draft.ts';
import { settlePriceChanges } from '../operations/settle-price-changes.ts';
import type { RealTime } from '../operations/track-usage.ts';
import type { Work } from './due-work.ts';
import { applyInbox } from './inbox.ts';

const POOLS_BATCH = 1_000;
const PERIODS_BATCH = 500;
const OUTBOX_BATCH = 500;
const DRAFTS_BATCH = 100;
const CASES_BATCH = 100;
const DELIVERIES_BATCH = 50;
/** Calls of the host's functions at once. */
const HOOKS_BATCH = 20;

/** The work of a deployment, in the order in which one kind causes the next. */
export function backgroundWork(
  realTime: RealTime,
  handlers: Parameters<typeof applyInbox>[1],
  channels: Channels,
  hooks: HookCalls | null = null,
): readonly Work[] {
  const { deps } = realTime;
  return [...ownWork(realTime, handlers, channels), ...hookWork(deps, channels, hooks)];
}

/** The host's functions, where this process has any. */
function hookWork(deps: Deps, ways: Channels, hooks: HookCalls | null): readonly Work[] {
  if (hooks === null) return [];
  return [{ name: 'hooks', turn: async () => deliverToHooks(deps, { ways, hooks }, { limit: HOOKS_BATCH }) }];
}

function ownWork(realTime: RealTime, handlers: Parameters<typeof applyInbox>[1], channels: Channels): readonly Work[] {
  const { deps } = realTime;
  return [
    {
      name: 'inbox',
      turn: async () => applyInbox(deps, handlers),
    },
    {
      name: 'pools',
      turn: async () => (await catchUpPools(realTime, { limit: POOLS_BATCH })).pools,
    },
    {
      name: 'roll-up',
      turn: async () => (await rollUpUsage(deps, { limit: PERIODS_BATCH })).meterEvents,
    },
    {
      name: 'reshaping',
      turn: async () => reshapeGrants(deps, { limit: PERIODS_BATCH }),
    },
    {
      name: 'outbox',
      turn: async () => {
        const { sent, refused, parked, cancelled } = await relayOutbox(deps, { limit: OUTBOX_BATCH });
        return sent + refused + parked + cancelled;
      },
    },
    {
      name: 'price changes',
      turn: async () => settlePriceChanges(deps, { limit: PERIODS_BATCH }),
    },
    {
      name: 'drafts',
      turn: async () => {
        const { guarded } = await pollDrafts(deps, { limit: DRAFTS_BATCH });
        const { finalized, settled } = await settleDrafts(deps, { limit: DRAFTS_BATCH });
        return guarded + finalized + settled + (await endNeverBilledPeriods(deps, { limit: PERIODS_BATCH }));
      },
    },
    {
      name: 'cases',
      turn: async () => {
        const { lapsed, executed } = await tendCases(deps, { limit: CASES_BATCH });
        return lapsed + executed;
      },
    },
    {
      name: 'alerts',
      turn: async () => tellEverybody(deps, channels),
    },
    {
      name: 'requests',
      turn: async () => finishRequests(deps),
    },
    { name: 'finance jobs', turn: async () => performFinanceJobs(deps) },
    {
      // Invoices that Stripe finalized before we had cut their period off.
      name: 'billed periods',
      turn: async () => settleBilledPeriods(deps, { limit: DRAFTS_BATCH }),
    },
  ];
}

/** Alerts, and packs that were issued. */
async function tellEverybody(deps: Deps, channels: Channels): Promise<number> {
  const limit = DELIVERIES_BATCH;
  return (await deliverAlerts(deps, channels, { limit })) + (await deliverPacks(deps, channels, { limit }));
}

const FINISHING = [
  advanceMigrations,
  finishPlanChanges,
  finishCancellations,
  finishSubscriptionOrders,
  finishCreditNotes,
];

/** What people asked for, and Stripe let wait. */
async function finishRequests(deps: Deps): Promise<number> {
  let finished = 0;
  for (const finish of FINISHING) {
    finished += await finish(deps, { limit: DRAFTS_BATCH });
  }
  return finished;
}
