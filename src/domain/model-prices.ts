// What the providers of models ask for, as the host wrote it down: dated, and only ever added to. A use is costed once,
// with what the list says at that time; nothing that is stored changes with a later list.

/** The file `model-prices.yaml`; amounts are plain decimals of major units. */
export interface ModelPriceList {
  /** Of all prices that name no other. */
  readonly currency: string;
  readonly models: readonly ModelPriceRow[];
  /** Dated, for reports over costs and values in several currencies. */
  readonly exchangeRates?: readonly ExchangeRate[];
  readonly margin?: MarginRules;
}

export interface ModelPriceRow {
  /** As the host reports it; with `*` at the end it stands for every name that begins so. */
  readonly model: string;
  readonly provider?: string;
  readonly effectiveFrom: string;
  readonly currency?: string;
  readonly prices?: readonly UnitPrice[];
  /** Of every use, whatever its size. */
  readonly perUse?: string;
}

export interface UnitPrice {
  /** As usage counts it: input_tokens, output_tokens, minutes. */
  readonly unit: string;
  readonly amount: string;
  /** For so many units. */
  readonly each: number;
}

export interface ExchangeRate {
  readonly from: string;
  readonly to: string;
  /** What one major unit of `from` is worth in major units of `to`. */
  readonly rate: string;
  readonly effectiveFrom: string;
}

/** When somebody is told of a margin. */
export interface MarginRules {
  /** Below it a feature is flagged; the gap as a share of what was billed. */
  readonly targetPercent?: number;
  /** A feature whose margin moved by more percentage points against the month before is flagged. */
  readonly driftPoints?: number;
  /** Features with another target. */
  readonly features?: readonly { readonly feature: string; readonly targetPercent: number }[];
}

export const DRIFT_POINTS = 5;

/** A price as it is stored. */
export interface ModelPrice {
  readonly modelPriceId: string;
  readonly model: string;
  readonly provider: string | null;
  readonly effectiveFrom: Date;
  readonly currency: string;
  readonly prices: readonly UnitPrice[];
  readonly perUse: string | null;
  readonly pushedAt: Date;
}

/**
 * The price of a model at an instant: by its own name, else by the longest beginning that ends in `*`; of those the
 * latest that had begun, and of two for one instant the one that was pushed last. Null when there is none.
 */
export function modelPriceAt(prices: readonly ModelPrice[], model: string, at: Date): ModelPrice | null {
  let best: ModelPrice | null = null;
  for (const price of prices) {
    if (price.effectiveFrom > at || !standsFor(price.model, model)) continue;
    if (best === null || compare(price, best) > 0) best = price;
  }
  return best;
}

/** Whether a name, or a beginning that ends in `*`, stands for another name. */
export function standsFor(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function compare(a: ModelPrice, b: ModelPrice): number {
  return (
    reach(a) - reach(b) ||
    a.effectiveFrom.getTime() - b.effectiveFrom.getTime() ||
    a.pushedAt.getTime() - b.pushedAt.getTime()
  );
}

/** An exact name is above every beginning, a longer beginning above a shorter one. */
function reach({ model }: ModelPrice): number {
  return model.endsWith('*') ? model.length : Number.MAX_SAFE_INTEGER;
}
