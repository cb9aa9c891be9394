import { z } from 'zod';

import { shapeFindings, type ShapeFinding } from './catalogue-findings.ts';

// The form of the catalogue file. What a value means is the linter's business; this says which fields there are.

const decimal = z.string().regex(/^(0|[1-9]\d*)(\.\d+)?$/, 'must be a plain decimal in quotes, such as "0.01"');

const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as "2026-01-01T00:00:00Z"' });

const count = z.int();

const meterUnit = z.enum(['credit', 'milli', 'micro']);

const unit = z.strictObject({ name: z.string(), displayName: z.string(), meterUnit }).readonly();

const perTerm = z.strictObject({ quantity: z.string(), credits: decimal, each: count }).readonly();

const tier = z
  .strictObject({
    quantity: z.string(),
    each: count,
    steps: z.array(z.strictObject({ upTo: count.nullable(), credits: decimal }).readonly()).readonly(),
  })
  .readonly();

const plainRate = {
  flat: decimal.exactOptional(),
  per: z.array(perTerm).readonly().exactOptional(),
  tiers: z.array(tier).readonly().exactOptional(),
  minimum: decimal.exactOptional(),
};

const rateRule = z
  .strictObject({
    when: z.record(z.string(), z.union([z.string(), z.array(z.string()).readonly()])).readonly(),
    rate: z.strictObject(plainRate).readonly(),
  })
  .readonly();

const rate = z
  .strictObject({
    ...plainRate,
    rules: z.array(rateRule).readonly().exactOptional(),
    otherwise: z.enum(['rate', 'free', 'refuse']).exactOptional(),
  })
  .readonly();

const burnRow = z.strictObject({ action: z.string(), feature: z.string(), effectiveFrom: instant, rate }).readonly();

const zeroBalance = z.enum(['block', 'overage', 'grace', 'top_up']);

const topUp = z
  .strictObject({ pack: z.string(), below: decimal, monthlyCapMinor: count, coolDownMinutes: count })
  .readonly();

const rollover = z
  .strictObject({
    capPercent: count.nullable(),
    capCredits: decimal.nullable(),
    periods: count,
    priority: count.nullable(),
  })
  .readonly();

const cap = z.strictObject({ credits: decimal, window: z.enum(['day', 'month', 'period']) }).readonly();

const reversals = z
  .strictObject({
    creditedFee: z.enum(['keep', 'claw_back']),
    lostDispute: z.enum(['write_off', 'debt']),
    voidedInvoice: z.enum(['keep_consumed', 'return_credits']),
  })
  .readonly();

const alerts = z
  .strictObject({
    thresholdsPercent: z.array(count).readonly(),
    expiringDays: z.array(count).readonly(),
    runawayFactor: count.nullable(),
    silenceHours: count.nullable(),
    daysLeft: count.nullable(),
  })
  .readonly();

const policy = z
  .strictObject({
    zeroBalance,
    zeroBalanceByAction: z.record(z.string(), zeroBalance).readonly(),
    topUp: z.union([z.literal('none'), topUp]),
    overageCap: decimal.nullable(),
    debtLimit: decimal,
    includedExpiry: z.enum(['period_end', 'never']),
    purchasedExpiryDays: count.nullable(),
    rollover: z.union([z.literal('none'), rollover]),
    pooling: z.enum(['customer', 'member']),
    whoMayDraw: z.enum(['anyone', 'named_members']),
    seats: z.strictObject({ add: z.enum(['prorated', 'at_renewal']) }).readonly(),
    caps: z.strictObject({ member: cap.nullable(), agent: cap.nullable() }).readonly(),
    transfers: z.enum(['none', 'within_customer']),
    paydown: z.boolean(),
    hold: z.strictObject({ ttlSeconds: count, excess: z.enum(['allow', 'clip', 'refuse']) }).readonly(),
    lateUsage: z.enum(['next_period', 'refuse']),
    eventCreditsMax: decimal.nullable(),
    planChange: z.enum(['at_once', 'at_renewal']),
    unpaid: z.union([z.enum(['continue', 'on_paid']), z.strictObject({ freezeAfterDays: count }).readonly()]),
    cancel: z.strictObject({ purchased: z.enum(['keep', 'end']) }).readonly(),
    reversals,
    gate: z.enum(['hold', 'release']),
    alerts,
    trial: z.union([z.literal('none'), z.strictObject({ days: count, credits: decimal }).readonly()]),
  })
  .readonly();

const plan = z
  .strictObject({
    plan: z.string(),
    name: z.string(),
    currency: z.string(),
    interval: z.enum(['month', 'year']),
    creditsEvery: z.enum(['month', 'year']),
    baseAmountMinor: count,
    includedCredits: decimal,
    includedSharePercent: count.exactOptional(),
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
    words: z.record(z.string(), z.string()).readonly().exactOptional(),
  })
  .readonly();

export type CatalogueFile = z.infer<typeof catalogueSchema>;

/** Reads the form of a catalogue: the catalogue itself, or everything that is wrong with its form. */
export function readCatalogue(
  content: unknown,
): { readonly catalogue: CatalogueFile } | { readonly findings: readonly ShapeFinding[] } {
  const read = catalogueSchema.safeParse(content, { reportInput: true });
  return read.success ? { catalogue: read.data } : { findings: read.error.issues.flatMap(shapeFindings) };
}
