import { fail, type GateFinding, notAsked, pass, signOff } from './gate-finding.ts';
// The gate of the launch ladder: five rows and three rules in writing, each computed where figures decide. Where they do
// not, a named person signs with a reason. A row that fails says what to do, and nothing goes up while one fails.
import type { ActionMode } from './ladder.ts';
import { margin, overhead } from './launch-gate-economy.ts';
import type { ReviewState } from './model-review.ts';
import { plural } from './phrases.ts';
import { RULES_IN_WRITING, type PolicyRule } from './policy-text.ts';

export const GATE_ROWS = [
  'value_metric',
  'metering',
  'margin',
  'transparency',
  'overhead',
  'rule_overage',
  'rule_expiry',
  'rule_rollover',
  'variances',
  'review',
] as const;
export type GateRowName = (typeof GATE_ROWS)[number];

export interface GateRow extends Omit<GateFinding, 'state'> {
  readonly row: GateRowName;
  readonly title: string;
  readonly state: GateFinding['state'] | 'signed';
  readonly signed: SignOff | null;
}

export interface SignOff {
  readonly row: GateRowName;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
}

export interface ActionFacts {
  readonly action: string;
  readonly mode: ActionMode;
  /** What customers call it; null where nobody has said. */
  readonly words: string | null;
  /** "a report costs 20 credits" */
  readonly price: string;
  /** Quantities and rules that one has to know to work a price out. */
  readonly priceParts: number;
  /** Stored beside the balances in the last thirty days, and how many of them in shadow. */
  readonly observed: number;
  readonly shadowed: number;
  /** Of what is billed for it; null without enough figures. */
  readonly marginPercent: number | null;
}

export interface PlanFacts {
  readonly plan: string;
  readonly rules: readonly PolicyRule[];
  /** Somebody is told before the allowance is used up. */
  readonly warnsBefore: boolean;
}

export interface GateFacts {
  readonly now: Date;
  readonly to: Exclude<ActionMode, 'observe'>;
  readonly actions: readonly ActionFacts[];
  readonly plans: readonly PlanFacts[];
  /** Of today's linter over the catalogue that was pushed. */
  readonly lintFindings: number;
  readonly quarantined: number;
  readonly messagesParked: number;
  readonly eventsParked: number;
  /** When the last complete run over everybody began; null: none. */
  readonly reconciledAt: Date | null;
  readonly variancesOpen: number;
  readonly casesWaiting: number;
  readonly draftsHeld: number;
  readonly operators: number;
  readonly singleOperator: boolean;
  readonly marginTargetPercent: number;
  readonly review: ReviewState;
  readonly signOffs: readonly SignOff[];
}

/** A signature counts for a quarter of a year: what it judged has changed by then. */
const SIGN_OFF_DAYS = 92;
const DAY_MS = 86_400_000;
/** More parts than that nobody works out in his head. */
const PRICE_PARTS_MAX = 5;
/** Fewer uses than these show that it works, and not that it works always. */
const EVENTS_ENOUGH = 20;
const RECONCILED_HOURS_MAX = 48;

/** Every row for these actions and this rung; the signatures that count are in them. */
export function launchGate(facts: GateFacts): readonly GateRow[] {
  const found: readonly (readonly [GateRowName, string, GateFinding])[] = [
    ['value_metric', 'Value metric clarity', valueMetric(facts)],
    ['metering', 'Metering readiness', metering(facts)],
    ['margin', 'Margin protection', margin(facts)],
    ['transparency', 'Buyer transparency', transparency(facts)],
    ['overhead', 'Operational overhead', overhead(facts)],
    ...RULES_IN_WRITING.map((rule) => [`rule_${rule}`, `In writing: ${rule}`, inWriting(facts, rule)] as const),
    ['variances', 'Nothing unexplained', variances(facts)],
    ['review', 'Review date', review(facts)],
  ];
  return found.map(([row, title, finding]) => withSignature({ row, title, ...finding, signed: null }, facts));
}

/** Whether everything holds that this rung asks for. */
export function isPassed(rows: readonly GateRow[]): boolean {
  return rows.every(({ state }) => state !== 'fail' && state !== 'sign_off');
}

function withSignature(row: GateRow, { signOffs, now }: GateFacts): GateRow {
  if (row.state !== 'sign_off') return row;
  const signed = signOffs.find(
    (each) => each.row === row.row && now.getTime() - each.at.getTime() < SIGN_OFF_DAYS * DAY_MS,
  );
  return signed === undefined ? row : { ...row, state: 'signed', signed, fix: null };
}

function valueMetric({ actions }: GateFacts): GateFinding {
  const evidence = ['/burn-table'];
  const unnamed = actions.filter(({ words }) => words === null).map(({ action }) => action);
  if (unnamed.length > 0) {
    const proof = `Customers have no word for ${unnamed.join(', ')}.`;
    return fail(proof, `Write it into the catalogue's words, such as '${unnamed[0]}': 'a report', and push.`, evidence);
  }
  const hard = actions.filter(({ priceParts }) => priceParts > PRICE_PARTS_MAX).map(({ action }) => action);
  if (hard.length > 0) {
    const proof = `The price of ${hard.join(', ')} has more than ${PRICE_PARTS_MAX} parts.`;
    return fail(proof, 'Price it by fewer quantities and rules, with a row that begins later.', evidence);
  }
  return pass(`In customers' words: ${actions.map(({ price }) => price).join('; ')}.`, evidence);
}

function metering(facts: GateFacts): GateFinding {
  const { actions, to, quarantined, messagesParked, eventsParked } = facts;
  const evidence = ['/admin/launch', '/v1/quarantine', '/admin/messages'];
  const parked = messagesParked + eventsParked;
  if (quarantined > 0 || parked > 0) {
    const proof = `${quarantined} events in quarantine, ${parked} messages from or for Stripe parked.`;
    return fail(proof, 'Release or discard the events, retry the messages.', evidence);
  }
  const count = ({ observed, shadowed }: ActionFacts): number => (to === 'enforce' ? shadowed : observed);
  const where = to === 'enforce' ? 'in shadow' : 'observed';
  const silent = actions.filter((action) => count(action) === 0).map(({ action }) => action);
  if (silent.length > 0) {
    const fix = 'Send its use to POST /v1/track, or check, hold and capture, and look again.';
    return fail(`No use of ${silent.join(', ')} was ${where} in the last 30 days.`, fix, evidence);
  }
  const proof = `${actions.map((action) => `${action.action}: ${plural(count(action), 'use')} ${where}`).join('; ')}; nothing quarantined or parked.`;
  const few = actions.some((action) => count(action) < EVENTS_ENOUGH);
  return few && to === 'enforce'
    ? signOff(
        proof,
        `Fewer than ${EVENTS_ENOUGH} uses of an action prove little: wait, or sign with what else shows it.`,
        evidence,
      )
    : pass(proof, evidence);
}

function transparency({ plans, lintFindings }: GateFacts): GateFinding {
  const evidence = ['/burn-table', ...plans.map(({ plan }) => `/plans/${plan}`)];
  if (lintFindings > 0) {
    const fix = 'creditpool plan validate lists them with their fixes; push what is put right.';
    return fail(`The linter has ${lintFindings} findings in the catalogue that was pushed.`, fix, evidence);
  }
  const silent = plans.filter(({ warnsBefore }) => !warnsBefore).map(({ plan }) => plan);
  if (silent.length > 0) {
    const fix =
      'Write alerts.thresholdsPercent with one below 100, or daysLeft, so that the first notice is not the last.';
    return fail(`Customers of ${silent.join(', ')} hear nothing before their credits are used up.`, fix, evidence);
  }
  return pass(
    `The burn table and the rules of ${plans.map(({ plan }) => plan).join(', ')} are public; notice comes before zero.`,
    evidence,
  );
}

function inWriting({ plans }: GateFacts, rule: (typeof RULES_IN_WRITING)[number]): GateFinding {
  const evidence = plans.map(({ plan }) => `/v1/plans/${plan}/policy`);
  const texts = plans.map(({ plan, rules }) => ({ plan, text: rules.find((each) => each.rule === rule)?.text ?? '' }));
  const missing = texts.filter(({ text }) => text === '').map(({ plan }) => plan);
  if (plans.length === 0) return fail('No plan that is sold covers these actions.', 'Add their feature to a plan.', []);
  if (missing.length > 0) {
    return fail(
      `${missing.join(', ')} says nothing of ${rule}.`,
      'Write the rule into the policy, and push.',
      evidence,
    );
  }
  return pass(texts.map(({ plan, text }) => `${plan}: ${text}`).join(' '), evidence);
}

function variances({ variancesOpen, reconciledAt, now, to }: GateFacts): GateFinding {
  const evidence = ['/admin/finance/variances'];
  if (variancesOpen > 0) {
    const proof = `${variancesOpen} ${variancesOpen === 1 ? 'difference is' : 'differences are'} unexplained.`;
    return fail(
      proof,
      'Explain or correct each: creditpool reconcile, then POST /v1/variances/{id}/explain.',
      evidence,
    );
  }
  const age = reconciledAt === null ? null : (now.getTime() - reconciledAt.getTime()) / 3_600_000;
  if (to === 'enforce' && (age === null || age > RECONCILED_HOURS_MAX)) {
    const proof =
      reconciledAt === null
        ? 'Nobody has reconciled everything yet.'
        : `Everything was last reconciled at ${reconciledAt.toISOString()}.`;
    return fail(proof, 'Run creditpool reconcile.', evidence);
  }
  return pass('Reconciliation left nothing open.', evidence);
}

function review({ review: { reviewOn, isOver }, to }: GateFacts): GateFinding {
  const evidence = ['/admin/launch'];
  const fix = 'Say when the credit model is looked at again: creditpool ladder review DATE, or --review-on.';
  if (to === 'shadow') return notAsked('Asked before enforce.', evidence);
  if (reviewOn === null) return fail('The credit model has no review date.', fix, evidence);
  if (isOver) return fail(`The review of ${reviewOn} is overdue.`, fix, evidence);
  return pass(`It is looked at again on ${reviewOn}.`, evidence);
}
