import type { z } from 'zod';

/** What is wrong with a file, where, and what to write instead. */
export interface ShapeFinding {
  readonly path: string;
  readonly code: 'missing' | 'unknown_field' | 'wrong_value';
  readonly message: string;
  readonly fix: string;
}

/** One fault of the form as findings: unknown fields are one each. */
export function shapeFindings(issue: z.core.$ZodIssue): ShapeFinding[] {
  const path = shownPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: shownPath([...issue.path, key]),
      code: 'unknown_field',
      message: `${key} is no field of the catalogue.`,
      fix: 'Remove it, or correct its spelling.',
    }));
  }
  if (issue.input === undefined) {
    return [{ path, code: 'missing', message: `${path} is not written down.`, fix: `Write ${choicesAt(issue.path)}.` }];
  }
  const fix = `Write ${choicesAt(issue.path)}.`;
  return [{ path, code: 'wrong_value', message: `${path} is ${shown(issue.input)}.`, fix }];
}

/** ['plans', 0, 'policy', 'gate'] → "plans[0].policy.gate" */
function shownPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const DECIMAL = 'a plain decimal in quotes, such as "0.01"';
const INTEGER = 'a whole number';

const CHOICES: Readonly<Record<string, string>> = {
  meterUnit: "'credit', 'milli' or 'micro'",
  effectiveFrom: 'an instant such as "2026-01-01T00:00:00Z"',
  interval: "'month' or 'year'",
  creditsEvery: "'month' or 'year'",
  zeroBalance: "'block', 'overage', 'grace' or 'top_up'",
  zeroBalanceByAction: "{ 'an.action': 'block' | 'overage' | 'grace' | 'top_up' }, {} for none",
  topUp: "'none' or { pack, below, monthlyCapMinor, coolDownMinutes }",
  below: `${DECIMAL} credits`,
  monthlyCapMinor: `${INTEGER} of minor units, such as 50000 for $500.00`,
  coolDownMinutes: `${INTEGER} of minutes`,
  overageCap: `${DECIMAL}, or null for no cap`,
  includedExpiry: "'period_end' or 'never'",
  purchasedExpiryDays: `${INTEGER} of days, or null for never`,
  expiresAfterDays: `${INTEGER} of days, or null for never`,
  rollover: "'none' or { capPercent, capCredits, periods, priority }",
  capCredits: `${DECIMAL}, or null for no such cap`,
  priority: `${INTEGER} from 0 to 100, or null for the one it had`,
  seats: "{ add: 'prorated' | 'at_renewal' }",
  add: "'prorated' or 'at_renewal'",
  caps: '{ member, agent }, each null or { credits, window }',
  member: 'null or { credits, window }',
  agent: 'null or { credits, window }',
  window: "'day', 'month' or 'period'",
  lateUsage: "'next_period' or 'refuse'",
  eventCreditsMax: `${DECIMAL}, or null for no bound`,
  planChange: "'at_once' or 'at_renewal'",
  pooling: "'customer' or 'member'",
  whoMayDraw: "'anyone' or 'named_members'",
  transfers: "'none' or 'within_customer'",
  paydown: 'true or false',
  hold: "{ ttlSeconds, excess: 'allow' | 'clip' | 'refuse' }",
  excess: "'allow', 'clip' or 'refuse'",
  unpaid: "'continue', 'on_paid' or { freezeAfterDays }",
  cancel: "{ purchased: 'keep' | 'end' }",
  purchased: "'keep' or 'end'",
  reversals: '{ creditedFee, lostDispute, voidedInvoice }',
  creditedFee: "'keep' or 'claw_back'",
  lostDispute: "'write_off' or 'debt'",
  voidedInvoice: "'keep_consumed' or 'return_credits'",
  gate: "'hold' or 'release'",
  alerts: '{ thresholdsPercent, expiringDays, runawayFactor, silenceHours, daysLeft }; [] and null for no alerts',
  thresholdsPercent: 'a list of whole percentages, such as [80, 100]',
  expiringDays: 'a list of whole days, such as [30, 7, 1]',
  runawayFactor: `${INTEGER}, such as 5, or null`,
  silenceHours: `${INTEGER} of hours, or null`,
  daysLeft: `${INTEGER} of days, or null`,
  trial: "'none' or { days, credits }",
  flat: DECIMAL,
  minimum: DECIMAL,
  credits: DECIMAL,
  debtLimit: DECIMAL,
  includedCredits: DECIMAL,
  pricePerCredit: `${DECIMAL}: major units of currency per credit`,
  each: INTEGER,
  ttlSeconds: `${INTEGER} of seconds`,
  capPercent: `${INTEGER}, or null for no such cap`,
  periods: INTEGER,
  freezeAfterDays: `${INTEGER} of days`,
  baseAmountMinor: `${INTEGER} of minor units, such as 9900 for $99.00`,
  amountMinor: `${INTEGER} of minor units, such as 8000 for $80.00`,
  policy: 'every rule of the policy; docs/catalogue.md lists them',
  unit: '{ name, displayName, meterUnit }',
  rate: '{ flat }, { per: [{ quantity, credits, each }] }, tiers or rules; docs/catalogue.md has each',
  tiers: 'a list of { quantity, each, steps }',
  steps: 'a list of { upTo, credits }, the last one with upTo: null',
  upTo: `${INTEGER}, or null for without end`,
  rules: 'a list of { when, rate }',
  when: "dimensions with their values, such as { model: 'large' } or { model: ['large', 'huge'] }",
  otherwise: "'rate', 'free' or 'refuse'",
  burnTable: 'a list of rows { action, feature, effectiveFrom, rate }',
  plans: 'a list of plans',
  packs: 'a list of packs, empty for none',
  words: "names for customers, such as { 'report.generate': 'a report' }",
  features: 'a list of feature names',
  per: 'a list of { quantity, credits, each }',
};

function choicesAt(path: readonly PropertyKey[]): string {
  const field = path.findLast((part) => typeof part === 'string');
  if (field === undefined) return 'an object with unit, burnTable, plans and packs';
  return (typeof path.at(-1) === 'string' ? CHOICES[field] : undefined) ?? 'a value of the documented kind';
}
