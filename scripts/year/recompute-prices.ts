// What things cost by the catalogue, in plain numbers: the part of the recomputation that knows prices. Imports nothing of
// the product.
export interface OfferedPlan {
  readonly plan: string;
  readonly baseAmountMinor: number;
  readonly includedCredits: string;
  /** Dollars. */
  readonly pricePerCredit: string;
  readonly policy: { readonly zeroBalance: string; readonly rollover: unknown };
}

/** What is read of the catalogue. */
export interface Offered {
  readonly burnTable: readonly {
    readonly action: string;
    readonly effectiveFrom: string;
    readonly rate: { readonly flat?: string };
  }[];
  readonly plans: readonly OfferedPlan[];
  readonly packs: readonly { readonly pack: string; readonly credits: string; readonly amountMinor: number }[];
}

/** Credits are counted in millionths. */
export const MICRO = 1_000_000;

/** The part of an amount for the rest of a cycle. */
export function part(
  { from, until }: { readonly from: number; readonly until: number },
  at: number,
  amount: number,
): number {
  return halfUp(amount * (until - at), until - from);
}

export function costOf({
  input_tokens: input,
  output_tokens: output,
}: {
  input_tokens: number;
  output_tokens: number;
}): number {
  return (input + 3 * output) * 1_000;
}

export function reportCost({ burnTable }: Offered, at: number): number {
  const rates = burnTable.filter(
    ({ action, effectiveFrom }) => action === 'report.generate' && Date.parse(effectiveFrom) <= at,
  );
  return Number(rates.at(-1)?.rate.flat) * MICRO;
}

export function planOf({ plans }: Offered, name: string): OfferedPlan {
  const plan = plans.find((one) => one.plan === name);
  if (plan === undefined) throw new Error(`no plan ${name}`);
  return plan;
}

export function packOf({ packs }: Offered, name: string): Offered['packs'][number] {
  const pack = packs.find((one) => one.pack === name);
  if (pack === undefined) throw new Error(`no pack ${name}`);
  return pack;
}

export function halfUp(dividend: number, divisor: number): number {
  return Math.floor((2 * dividend + divisor) / (2 * divisor));
}
