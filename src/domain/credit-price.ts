// What credits cost in minor units, as an exact fraction; each rounding says which way it goes.
import { dividedHalfUp, dividedUp, type Fraction, MICRO_PER_CREDIT } from './amount.ts';
import { minorPlaces } from './currency.ts';

export interface CreditPrice {
  readonly currency: string;
  /** Minor units for one micro-credit. */
  readonly perMicro: Fraction;
}

/** The price of credits, from major units per whole credit. Throws for a currency that Stripe does not know. */
export function creditPrice(currency: string, perCredit: Fraction): CreditPrice {
  const places = minorPlaces(currency);
  if (places === null) throw new Error(`${currency} is not a currency that Stripe knows`);
  return {
    currency,
    perMicro: {
      numerator: perCredit.numerator * 10n ** BigInt(places),
      denominator: perCredit.denominator * MICRO_PER_CREDIT,
    },
  };
}

/** Minor units that pay for so many micro-credits, rounded up: what a grant must be worth. */
export function worthUp({ perMicro }: CreditPrice, micro: bigint): bigint {
  return dividedUp(micro * perMicro.numerator, perMicro.denominator);
}

/** Minor units of so many micro-credits, a half away from zero: Stripe's rounding of a usage line. */
export function worthHalfUp({ perMicro }: CreditPrice, micro: bigint): bigint {
  return dividedHalfUp(micro * perMicro.numerator, perMicro.denominator);
}
