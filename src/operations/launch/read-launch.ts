// Where each action stands on the launch ladder, what the shadow books say, and what the gate finds for the next rung.
import { actionWords, priceParts, priceWords } from '../../domain/burn-table-text.ts';
import { lintCatalogue } from '../../domain/catalogue-lint.ts';
import type { Catalogue, Plan } from '../../domain/catalogue.ts';
import { ACTION_MODES, type ActionMode, isBelow, rungAbove } from '../../domain/ladder.ts';
import { wouldBeMargin } from '../../domain/launch-gate-economy.ts';
import { type ActionFacts, type GateRow, isPassed, launchGate, type PlanFacts } from '../../domain/launch-gate.ts';
import { type ReviewState, reviewState } from '../../domain/model-review.ts';
import { policyRules } from '../../domain/policy-text.ts';
import { rateInForce } from '../../domain/rating.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { lastModeChanges, lastReview, lastSignOffs, type ModeChange } from '../../storage/action-modes.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { currentCatalogue } from '../../storage/catalogues.ts';
import { now } from '../../storage/clock.ts';
import type { Database, Transaction } from '../../storage/database.ts';
import {
  countObserved,
  readLaunchCounts,
  type ShadowMargin,
  shadowMargins,
  type ShadowSum,
  sumShadows,
} from '../../storage/launch-facts.ts';
import { currentPriceList } from '../../storage/model-prices.ts';
import { type BurnRateRow, listRates } from '../../storage/plans.ts';
import type { Deps } from '../deps.ts';

export interface LaunchAction extends ActionFacts {
  readonly feature: string;
  /** Its last step; null: it was never moved. */
  readonly change: ModeChange | null;
  /** What the shadow books say of the last thirty days; null: nothing. */
  readonly shadow: ShadowSum | null;
}

export interface Launch {
  readonly asOf: Date;
  readonly unit: string;
  readonly actions: readonly LaunchAction[];
  /** The rung that is asked about and who would go there; null when everything is enforced. */
  readonly next: Ascent | null;
  readonly review: ReviewState;
}

export interface Ascent {
  readonly to: Exclude<ActionMode, 'observe'>;
  readonly actions: readonly string[];
  readonly gate: readonly GateRow[];
  readonly passed: boolean;
}

export interface LaunchQuestion {
  /** none: those on the lowest rung */
  readonly actions?: readonly string[];
  /** none: one rung above them */
  readonly to?: ActionMode;
  /** A review date that would be set with the step. */
  readonly reviewOn?: string;
}

const DAYS = 30;
const DAY_MS = 86_400_000;
/** What a feature should leave of what is billed for it, unless the catalogue's owner signs for less. */
const MARGIN_TARGET_PERCENT = 30;
/** Fewer uses with a known cost say nothing of the margin. */
const MARGIN_USES_MIN = 20;

/** Reads ladder and gate; refuses a rung that is not the next one, and actions that there are not. */
export async function readLaunch(deps: Pick<Deps, 'db'>, asked: LaunchQuestion = {}): Promise<Launch | Refused> {
  const { reviewOn } = asked;
  return launchOf(deps.db, asked, reviewOn === undefined ? null : { reviewOn, setBy: '' });
}

/** The same in a transaction; `coming` is a review date that will be set with the step. */
export async function launchOf(
  db: Database | Transaction,
  asked: LaunchQuestion,
  coming: { readonly reviewOn: string; readonly setBy: string } | null = null,
): Promise<Launch | Refused> {
  const [catalogue, at] = [(await currentCatalogue(db))?.content ?? null, await now(db)];
  if (catalogue === null) return refuse('unknown_plan', 'Nothing was pushed yet: creditpool plan push.');
  const { unit } = catalogue;
  const actions = await readActions(db, catalogue, at);
  const review = reviewState(coming ?? (await lastReview(db)), at);
  const ascent = ascentOf(actions, asked);
  if (ascent !== null && 'rejected' in ascent) return ascent;
  const next = ascent === null ? null : await judged(db, { catalogue, at, review, actions, ascent });
  return { asOf: at, unit: unit.name, actions, next, review };
}

async function readActions(
  db: Database | Transaction,
  catalogue: Catalogue,
  at: Date,
): Promise<readonly LaunchAction[]> {
  const { unit, words = {} } = catalogue;
  const rows = await listRates(db, unit.name);
  const since = new Date(at.getTime() - DAYS * DAY_MS);
  const counts = new Map((await countObserved(db, since)).map((count) => [count.action, count]));
  const changes = new Map((await lastModeChanges(db, unit.name)).map((change) => [change.action, change]));
  const shadows = new Map((await sumShadows(db, since)).map((sum) => [sum.action, sum]));
  const margins = await shadowMargins(db, since);
  return [...new Set(rows.map(({ action }) => action))].map((action) => {
    const row = rateInForce(rows, action, at) ?? firstOf(rows, action);
    return {
      action,
      feature: row.feature,
      mode: row.mode,
      words: words[action] ?? null,
      price: `${actionWords(action, words)} ${priceWords(row.rate, words).price}`,
      priceParts: priceParts(row.rate),
      observed: counts.get(action)?.observed ?? 0,
      shadowed: counts.get(action)?.shadowed ?? 0,
      marginPercent: marginOf({ action, feature: row.feature }, margins, catalogue.plans),
      change: changes.get(action) ?? null,
      shadow: shadows.get(action) ?? null,
    };
  });
}

/** Would-be worth at the lowest price of a plan that covers it, against what the provider asked; null: not enough data. */
function marginOf(
  { action, feature }: { readonly action: string; readonly feature: string },
  margins: readonly ShadowMargin[],
  plans: readonly Plan[],
): number | null {
  const [margin, ...others] = margins.filter((each) => each.action === action && each.credits > 0n);
  if (margin === undefined || others.length > 0 || margin.uses < MARGIN_USES_MIN) return null;
  const found = plans
    .filter((plan) => plan.currency === margin.currency && plan.features.includes(feature))
    .flatMap(({ pricePerCredit }) => wouldBeMargin({ ...margin, pricePerCredit }) ?? []);
  return found.length === 0 ? null : Math.min(...found);
}

function firstOf(rows: readonly BurnRateRow[], action: string): BurnRateRow {
  const row = rows.find((each) => each.action === action);
  if (row === undefined) throw new Error(`${action} is in the burn table and has no row`);
  return row;
}

type Asked = Pick<Ascent, 'to' | 'actions'>;

/** One rung at a time, and only for actions that stand right below it. */
function ascentOf(actions: readonly LaunchAction[], asked: LaunchQuestion): Asked | Refused | null {
  const names = asked.actions ?? actions.map(({ action }) => action);
  const unknown = names.filter((name) => !actions.some(({ action }) => action === name));
  if (unknown.length > 0) {
    const known = actions.map(({ action }) => action).join(', ');
    return refuse('unknown_action', `The burn table has no ${unknown.join(', ')}; it has ${known}.`, {
      param: 'actions',
    });
  }
  const chosen = actions.filter(({ action }) => names.includes(action));
  const lowest = ACTION_MODES.find((mode) => chosen.some((each) => each.mode === mode)) ?? 'enforce';
  const to = asked.to ?? rungAbove(lowest);
  if (to === null) return null;
  const above = chosen.filter(({ mode }) => !isBelow(mode, to));
  const rising = chosen.filter(({ mode }) => rungAbove(mode) === to);
  const tooLow = chosen.filter(({ mode }) => isBelow(mode, to) && rungAbove(mode) !== to);
  if (to === 'observe' || (rising.length === 0 && tooLow.length === 0)) {
    const where = above.map(({ action, mode }) => `${action} is in ${mode}`).join(', ');
    return refuse('mode_not_next', `Nothing goes up to ${to}: ${where || 'nothing was named'}.`, { param: 'to' });
  }
  if (asked.to !== undefined && tooLow.length > 0) {
    const where = tooLow.map(({ action, mode }) => `${action} is in ${mode}`).join(', ');
    return refuse('mode_not_next', `One rung at a time: ${where}. Go to shadow first.`, { param: 'to' });
  }
  return { to, actions: rising.map(({ action }) => action) };
}

async function judged(
  db: Database | Transaction,
  {
    catalogue,
    at,
    review,
    actions,
    ascent,
  }: {
    readonly catalogue: Catalogue;
    readonly at: Date;
    readonly review: ReviewState;
    readonly actions: readonly LaunchAction[];
    readonly ascent: Asked;
  },
): Promise<Ascent> {
  const rising = actions.filter(({ action }) => ascent.actions.includes(action));
  const features = new Set(rising.map(({ feature }) => feature));
  const gate = launchGate({
    now: at,
    to: ascent.to,
    actions: rising,
    plans: catalogue.plans
      .filter((plan) => plan.features.some((feature) => features.has(feature)))
      .map((plan) => planFacts(plan, catalogue)),
    lintFindings: lintCatalogue(catalogue).length,
    ...(await readLaunchCounts(db, new Date(at.getTime() - DAY_MS))),
    singleOperator: (await readApprovalRules(db)).approvals === 'single_operator',
    marginTargetPercent: (await currentPriceList(db))?.margin?.targetPercent ?? MARGIN_TARGET_PERCENT,
    review,
    signOffs: await lastSignOffs(db),
  });
  return { ...ascent, gate, passed: isPassed(gate) };
}

function planFacts(plan: Plan, { packs, words = {} }: Catalogue): PlanFacts {
  const { thresholdsPercent, daysLeft } = plan.policy.alerts;
  return {
    plan: plan.plan,
    rules: policyRules({ plan, packs, words }),
    warnsBefore: daysLeft !== null || thresholdsPercent.some((percent) => percent < 100),
  };
}
