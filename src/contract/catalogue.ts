import { z } from 'zod';

// The form of the catalogue file. What a value means is the linter's business; this says which fields there are.

const decimal = z.string().regex(/^(0|[1-9]\d*)(\.\d+)?$/, 'must be a plain decimal in quotes, such as "0.01"');

const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as "2026-01-01T00:00:00Z"' });

const count = z.int();

const meterUnit = z.enum(['credit', 'milli', 'micro']);

const unit = z.strictObject({ name: z.string(), displayName: z.string(), meterUnit }).readonly();

const rate = z
  .strictObject({
    flat: decimal.exactOptional(),
    per: z
      .array(z.strictObject({ quantity: z.string(), credits: decimal, each: count }).readonly())
      .readonly()
      .exactOptional(),
    minimum: decimal.exactOptional(),
  })
  .readonly();

const burnRow = z.strictObject({ action: z.string(), feature: z.string(), effectiveFrom: instant, rate }).readonly();

const policy = z
  .strictObject({
    zeroBalance: z.enum(['block', 'overage', 'grace']),
    overageCap: decimal.nullable(),
    debtLimit: decimal,
    includedExpiry: z.enum(['period_end', 'never']),
    purchasedExpiryDays: count.nullable(),
    rollover: z.union([z.literal('none'), z.strictObject({ capPercent: count, periods: count }).readonly()]),
    pooling: z.enum(['customer', 'member']),
    transfers: z.enum(['none', 'within_customer']),
    paydown: z.boolean(),
    hold: z.strictObject({ ttlSeconds: count, excess: z.enum(['allow', 'clip', 'refuse']) }).readonly(),
    unpaid: z.union([z.enum(['continue', 'on_paid']), z.strictObject({ freezeAfterDays: count }).readonly()]),
    cancel: z.strictObject({ purchased: z.enum(['keep', 'end']) }).readonly(),
    gate: z.enum(['hold', 'release']),
    alerts: z.strictObject({ thresholdsPercent: z.array(count).readonly() }).readonly(),
    trial: z.literal('none'),
  })
  .readonly();

const plan = z
  .strictObject({
    plan: z.string(),
    name: z.string(),
    currency: z.string(),
    interval: z.enum(['month', 'year']),
    baseAmountMinor: count,
    includedCredits: decimal,
    pricePerCredit: decimal,
    features: z.array(z.string()).readonly(),
    policy,
  })
  .readonly();

const pack = z
  .strictObject({
    pack: z.string(),
    name: z.string(),
    currency: z.string(),
    credits: decimal,
    amountMinor: count,
    expiresAfterDays: count.nullable(),
  })
  .readonly();

/** The catalogue file; unknown fields are refused. */
export const catalogueSchema = z
  .strictObject({
    unit,
    burnTable: z.array(burnRow).readonly(),
    plans: z.array(plan).readonly(),
    packs: z.array(pack).readonly(),
  })
  .readonly();

export type CatalogueFile = z.infer<typeof catalogueSchema>;

/** What is wrong with a file, where, and what to write instead. */
export interface ShapeFinding {
  readonly path: string;
  readonly code: 'missing' | 'unknown_field' | 'wrong_value';
  readonly message: string;
  readonly fix: string;
}

/** Reads the form of a catalogue: the catalogue itself, or everything that is wrong with its form. */
export function readCatalogue(
  content: unknown,
): { readonly catalogue: CatalogueFile } | { readonly findings: readonly ShapeFinding[] } {
  const read = catalogueSchema.safeParse(content, { reportInput: true });
  return read.success ? { catalogue: read.data } : { findings: read.error.issues.flatMap(toFindings) };
}

function toFindings(issue: z.core.$ZodIssue): ShapeFinding[] {
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
  zeroBalance: "'block', 'overage' or 'grace'",
  overageCap: `${DECIMAL}, or null for no cap`,
  includedExpiry: "'period_end' or 'never'",
  purchasedExpiryDays: `${INTEGER} of days, or null for never`,
  expiresAfterDays: `${INTEGER} of days, or null for never`,
  rollover: "'none' or { capPercent, periods }",
  pooling: "'customer' or 'member'",
  transfers: "'none' or 'within_customer'",
  paydown: 'true or false',
  hold: "{ ttlSeconds, excess: 'allow' | 'clip' | 'refuse' }",
  excess: "'allow', 'clip' or 'refuse'",
  unpaid: "'continue', 'on_paid' or { freezeAfterDays }",
  cancel: "{ purchased: 'keep' | 'end' }",
  purchased: "'keep' or 'end'",
  gate: "'hold' or 'release'",
  alerts: '{ thresholdsPercent: [80, 100] }, or an empty list for no alerts',
  thresholdsPercent: 'a list of whole percentages, such as [80, 100]',
  trial: "'none'",
  flat: DECIMAL,
  minimum: DECIMAL,
  credits: DECIMAL,
  debtLimit: DECIMAL,
  includedCredits: DECIMAL,
  pricePerCredit: `${DECIMAL}: major units of currency per credit`,
  each: INTEGER,
  ttlSeconds: `${INTEGER} of seconds`,
  capPercent: INTEGER,
  periods: INTEGER,
  freezeAfterDays: `${INTEGER} of days`,
  baseAmountMinor: `${INTEGER} of minor units, such as 9900 for $99.00`,
  amountMinor: `${INTEGER} of minor units, such as 8000 for $80.00`,
  policy: 'every rule of the policy; docs/catalogue.md lists them',
  unit: '{ name, displayName, meterUnit }',
  rate: '{ flat }, { per: [{ quantity, credits, each }] } or both',
  burnTable: 'a list of rows { action, feature, effectiveFrom, rate }',
  plans: 'a list of plans',
  packs: 'a list of packs, empty for none',
  features: 'a list of feature names',
  per: 'a list of { quantity, credits, each }',
};

function choicesAt(path: readonly PropertyKey[]): string {
  const field = path.findLast((part) => typeof part === 'string');
  if (field === undefined) return 'an object with unit, burnTable, plans and packs';
  return (typeof path.at(-1) === 'string' ? CHOICES[field] : undefined) ?? 'a value of the documented kind';
}
