// Alerts in words: what happened, which figures, what to do.
import type { AlertKind } from './alert.ts';

export interface AlertWords {
  readonly subject: string;
  readonly text: string;
}

interface Told {
  readonly kind: AlertKind;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A subject line and a few sentences for a person. */
export function toWords({ kind, data }: Told): AlertWords {
  const [subject, advice] = WORDS[kind]((name) => shown(data[name]));
  return { subject, text: `${subject}.\n\n${advice}` };
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}

type Say = (figure: (name: string) => string) => readonly [subject: string, advice: string];

const WORDS: Readonly<Record<AlertKind, Say>> = {
  'balance.low': (of) => [
    `${of('percent')} % of the credits are used: ${of('used')} of ${of('of')}`,
    `${of('available')} credits are left in this period. Buy a pack before they run out.`,
  ],
  'balance.depleted': (of) => [
    `No credits are left, ${of('used')} are used`,
    'What happens now is what the plan says of a zero balance. New credits end it.',
  ],
  'overage.near_cap': (of) => [
    `${of('overage')} of at most ${of('cap')} credits of overage are used`,
    'Past the cap new work is refused until the next period. Buy credits, or raise the limit.',
  ],
  'pool.unfunded': (of) => [
    `${of('unfunded')} credits of usage are not paid for by anybody`,
    'Checks and holds are refused until new credits have paid it. Buy credits.',
  ],
  'usage.runaway': (of) => [
    `${of('this_hour')} credits in this hour, where ${of('usual_hour')} are usual`,
    'Look for a loop or a stolen key before the credits are gone.',
  ],
  'usage.silent': (of) => [
    `No usage for ${of('hours')} hours`,
    `The last one was at ${of('last_at')}. Look whether the sender still runs.`,
  ],
  'grant.expiring': (of) => [
    `${of('remaining')} credits expire within ${of('days')} days`,
    `They end at ${of('expires_at')}. What is not used by then is lost.`,
  ],
  'balance.days_left': (of) => [
    `At the present pace the credits last ${of('days_left')} days`,
    `${of('available')} are left, ${of('per_day')} are used a day. Buy a pack in time.`,
  ],
  'top_up.failed': (of) => [
    `The automatic purchase of ${of('pack')} failed: ${of('because')}`,
    `Automatic purchases are paused until somebody resumes them. The invoice can be paid at ${of('pay_at')}.`,
  ],
  'approval.requested': (of) => [
    `A case of ${of('kind')} waits for a second person`,
    `${of('because')}. It lapses at ${of('lapses_at')}. Look at it with: creditpool cases list --state waiting`,
  ],
  'case.glass_broken': (of) => [
    `The glass was broken: one person released a case of ${of('kind')} alone`,
    `The reason given: ${of('reason')}. Look at it, and at who it was, in the audit log.`,
  ],
  'margin.under_water': (of) => [
    `${of('feature')} costs more than it brings in ${of('month')}: ${of('cost')} ${of('currency')} against ${of('billed')}`,
    `The gap is ${of('gap')} ${of('currency')}. Look at it with: creditpool report margin --by action --from ${of('month')}`,
  ],
  'margin.drifted': (of) => [
    `The margin of ${of('feature')} moved to ${of('margin_percent')} % in ${of('month')}, from ${of('previous_margin_percent')} %`,
    `It cost ${of('cost')} ${of('currency')} and was billed ${of('billed')}. Look at it with: creditpool report margin --by model --from ${of('month')}`,
  ],
  'provider_bill.gap': (of) => [
    `${of('provider')} asks for ${of('billed')} ${of('currency')} in ${of('month')}, and uses told of ${of('told')}`,
    `Without any use: ${of('without_usage')}; apart in all: ${of('apart')}. Look at it with: creditpool bill gap --provider ${of('provider')} --from ${of('month')}-01 --to ${of('last_day')}`,
  ],
  'shadow.found': (of) => [
    `Nobody has registered the ${of('of')} ${of('name')}, and ${of('via')} names it`,
    `First seen at ${of('first_seen_at')}; cost until now: ${of('cost')}. Acknowledge or block it: creditpool shadow list`,
  ],
  'grant.created': (of) => [
    `${of('granted')} credits were granted (${of('source')})`,
    `Grant ${of('grant')}. They can be used from ${of('effective_at')} on.`,
  ],
  'grant.expired': (of) => [
    `${of('expired')} credits expired unused (${of('source')})`,
    `They were of grant ${of('grant')}, which ended at ${of('expires_at')}.`,
  ],
  'top_up.completed': (of) => [
    `${of('granted')} bought credits are there`,
    `Invoice ${of('invoice')} was paid; they are grant ${of('grant')}.`,
  ],
  'credit_note.issued': (of) => [
    `Credit note ${of('credit_note')} was issued`,
    `It is of ${of('total_minor')} in minor units of ${of('currency')}, on invoice ${of('invoice')}.`,
  ],
  'variance.opened': (of) => [
    `A difference that nothing explains: ${of('subject')}`,
    `${of('cause')} Here ${of('ours')}, there ${of('theirs')}. What repairs it: ${of('repair')}`,
  ],
  'period.closed': (of) => [
    `The books of ${of('month')} are closed`,
    `Signed at ${of('closed_at')} (${of('approval')}). Late entries go to the open month.`,
  ],
  test: () => ['This is a test of the alerts', 'Nothing happened. If you can read this, it works.'],
};
