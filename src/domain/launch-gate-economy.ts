// Two rows of the gate that are about us: what an action earns, and what running it costs people.
import { dividedDown, dividedHalfUp, parseFraction } from './amount.ts';
import { fail, type GateFinding, notAsked, pass, signOff } from './gate-finding.ts';
import type { GateFacts } from './launch-gate.ts';

/** Percent of what credits would be worth that is left after their cost, to two places; null where they are worth nothing. */
export function wouldBeMargin({
  credits,
  pricePerCredit,
  costNano,
}: {
  /** micro-credits */
  readonly credits: bigint;
  readonly pricePerCredit: string;
  /** nano-units of the major unit */
  readonly costNano: bigint;
}): number | null {
  const price = parseFraction(pricePerCredit);
  if (price === null) return null;
  const worth = dividedDown(credits * 1_000n * price.numerator, price.denominator);
  return worth === 0n ? null : Number(dividedHalfUp(10_000n * (worth - costNano), worth)) / 100;
}

/** What is billed for an action must pay for it; below the target a person decides, below cost nobody may. */
export function margin({ actions, to, marginTargetPercent: target }: GateFacts): GateFinding {
  const evidence = ['/v1/reports/margin?by=action'];
  if (to === 'shadow') return notAsked('Asked before enforce.', evidence);
  const losing = actions.filter(({ marginPercent }) => marginPercent !== null && marginPercent < 0);
  const said = actions.map(({ action, marginPercent }) =>
    marginPercent === null ? `${action}: not enough data` : `${action}: ${marginPercent.toFixed(1)} %`,
  );
  const proof = `${said.join('; ')}; the target is ${target} %.`;
  if (losing.length > 0) {
    return fail(
      proof,
      `Raise the rate of ${losing.map(({ action }) => action).join(', ')}: it costs more than it bills.`,
      evidence,
    );
  }
  if (actions.every(({ marginPercent }) => marginPercent !== null && marginPercent >= target))
    return pass(proof, evidence);
  return signOff(proof, 'Report what uses cost at the provider, or sign with what else protects the margin.', evidence);
}

/** Exceptions that nobody gets to are what breaks first when use begins to cost money. */
export function overhead({ casesWaiting, draftsHeld, operators, singleOperator, to }: GateFacts): GateFinding {
  const evidence = ['/admin/approvals', '/admin/drafts'];
  if (to === 'shadow') return notAsked('Asked before enforce.', evidence);
  if (casesWaiting > 0 || draftsHeld > 0) {
    const proof = `${casesWaiting} cases have waited for more than a day, ${draftsHeld} drafts are held.`;
    return fail(proof, 'Decide them first: more will come once it counts.', evidence);
  }
  if (operators < 2 && !singleOperator) {
    const proof = `${operators} ${operators === 1 ? 'person works' : 'people work'} here, and exceptions above the limit need two.`;
    return fail(proof, 'Add somebody with creditpool operators set, or say approvals: single_operator.', evidence);
  }
  const people = singleOperator ? 'one person may release alone (single_operator)' : `${operators} people can decide`;
  return pass(`No case waits, no draft is held; ${people}.`, evidence);
}
