// The month's pack of the books as they are now: every section by its reader, then what they come to.
import type { HealthPack, SideBySide } from '../../domain/health-pack/pack.ts';
import { endOf, type Month, monthAfter, type Section, startOf } from '../../domain/health-pack/section.ts';
import { evaluateTriggers } from '../../domain/health-pack/triggers.ts';
import { verdictOf } from '../../domain/health-pack/verdict.ts';
import type { Refused } from '../../domain/rejection.ts';
import type { ComparedBill, SimulatedBills } from '../../domain/simulation/bill-comparison.ts';
import { now as clock } from '../../storage/clock.ts';
import { triggerFacts } from '../../storage/health-pack/trigger-facts.ts';
import { readWhole } from '../../storage/whole-reads.ts';
import type { Deps } from '../deps.ts';
import type { Candidate } from '../simulation/candidate.ts';
import { simulatePlans } from '../simulation/simulate-plans.ts';
import { readBalanceHealth } from './balance-health.ts';
import { readBurn } from './burn.ts';
import { readDisputes } from './disputes.ts';
import { readExceptions } from './exceptions.ts';
import { keyFiguresOf } from './key-figures.ts';
import { marginsOf, readMarginHistory } from './margins.ts';
import { readPredictability } from './predictability.ts';
import { readReconciled } from './reconciled.ts';
import { readReviewsDue } from './reviews-due.ts';
import { readUnregistered } from './unregistered.ts';

/** Reads everything; nothing is changed. Refuses a candidate that is not there. */
export async function assembleHealthPack(
  deps: Deps,
  { month, candidate }: { readonly month: Month; readonly candidate: Candidate | null },
): Promise<HealthPack | Refused> {
  const sideBySide = await readSideBySide(deps, month, candidate);
  if ('rejected' in sideBySide) return sideBySide;
  const predictability = await readPredictability(deps, month);
  const triggers = evaluateTriggers(await readWhole(deps.db, async (trx) => triggerFacts(trx, month)), predictability);
  const history = await readMarginHistory(deps, month);
  const [margins, unregistered] = [marginsOf(history, month), await readUnregistered(deps, month)];
  const [balances, exceptions] = [await readBalanceHealth(deps, month), await readExceptions(deps, month)];
  const burn = await readBurn(deps, month);
  return {
    month,
    at: await clock(deps.db),
    verdict: verdictOf({
      hadUse: burn.kind === 'data',
      margins,
      balances,
      exceptions,
      triggers,
      unregistered: unregistered.kind === 'data' ? unregistered.data : [],
      reviewsDue: await readReviewsDue(deps, month),
    }),
    keyFigures: keyFiguresOf(history, month),
    burn,
    margins,
    unregistered,
    balances,
    exceptions,
    disputes: await readDisputes(deps, month),
    predictability,
    reconciled: await readReconciled(deps, month),
    triggers,
    sideBySide,
  };
}

/** Billing periods that end in the month, however they are anchored. */
async function readSideBySide(
  deps: Deps,
  month: Month,
  candidate: Candidate | null,
): Promise<Section<SideBySide> | Refused> {
  if (candidate === null) {
    const because = 'No candidate model was named: plan a migration, or name one when the pack is made.';
    return { kind: 'not_enough_data', because, have: 0, need: 1 };
  }
  const span = { from: startOf(monthAfter(month, -1)), to: endOf(month), endAfter: startOf(month) };
  const simulation = await simulatePlans(deps, { candidate, ...span, customer: null });
  if ('rejected' in simulation) return simulation;
  const { bills, leftOut } = simulation;
  const need = 3;
  if (bills.length < need) {
    const because = 'Too few customers have a whole billing period that ended in the month.';
    return { kind: 'not_enough_data', because, have: bills.length, need };
  }
  return { kind: 'data', data: { candidate, bills: bills.map(toldBill), leftOut: leftOut.length } };
}

/** Of a replay what a bill tells: its periods stand with the bill already. */
function toldBill({ before, after, ...bill }: ComparedBill): ComparedBill {
  return { ...bill, before: toldSide(before), after: toldSide(after) };
}

function toldSide({ outcome, ...bills }: SimulatedBills): SimulatedBills {
  const { unfundedMicro, debtMicro, refusals, refusedMicro, expiredMicro } = outcome;
  return { ...bills, outcome: { unfundedMicro, debtMicro, refusals, refusedMicro, expiredMicro } };
}
