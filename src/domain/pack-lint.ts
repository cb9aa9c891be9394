import { parseCredits } from './amount.ts';
import type { Catalogue, Pack } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintKey, lintName, lintUnique } from './name-lint.ts';
import { lintCredits, lintRange } from './number-lint.ts';
import { NAME_LENGTH_MAX, lintAmountMinor, lintCurrency } from './plan-lint.ts';

/** Packs that somebody can buy, pay and spend. */
export function* lintPacks(catalogue: Catalogue): Iterable<Finding> {
  yield* lintUnique(
    'packs',
    'pack',
    catalogue.packs.map(({ pack }) => pack),
  );
  for (const [index, pack] of catalogue.packs.entries()) yield* lintPack(catalogue, pack, `packs[${index}]`);
}

function* lintPack(catalogue: Catalogue, pack: Pack, path: string): Iterable<Finding> {
  yield* lintKey(`${path}.pack`, pack.pack);
  yield* lintName(`${path}.name`, pack.name, NAME_LENGTH_MAX);
  yield* lintCurrency(`${path}.currency`, pack.currency);
  yield* lintCredits(`${path}.credits`, pack.credits);
  yield* lintAmountMinor(`${path}.amountMinor`, pack);
  if (parseCredits(pack.credits) === 0n || pack.amountMinor === 0) {
    yield {
      path,
      code: 'empty_pack',
      message: `${pack.pack} sells ${pack.credits} credits for ${pack.amountMinor} minor units.`,
      fix: 'Write credits and an amount above 0.',
    };
  }
  if (pack.expiresAfterDays !== null) {
    yield* lintRange(`${path}.expiresAfterDays`, pack.expiresAfterDays, [1, 3650]);
  }
  const buyers = catalogue.plans.filter(({ currency }) => currency === pack.currency);
  if (buyers.length === 0) {
    yield {
      path: `${path}.currency`,
      code: 'no_plan_in_currency',
      message: `No plan is priced in ${JSON.stringify(pack.currency)}, and a Stripe customer pays in one currency.`,
      fix: 'Sell the pack in the currency of a plan.',
    };
  }
  for (const { plan, policy } of buyers) {
    if (policy.purchasedExpiryDays === pack.expiresAfterDays) continue;
    yield {
      path: `${path}.expiresAfterDays`,
      code: 'contradiction',
      message: `${pack.pack} says ${days(pack.expiresAfterDays)}, the policy of ${plan} says ${days(policy.purchasedExpiryDays)}.`,
      fix: 'Write the same in both.',
    };
  }
}

function days(count: number | null): string {
  return count === null ? 'that its credits never expire' : `that they expire after ${count} days`;
}
