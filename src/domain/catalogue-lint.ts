// The linter reads a catalogue whose form is right and refuses what is silent, contradicts itself or would bill
// wrongly at Stripe. Every finding says where, what and how to put it right; a catalogue with a finding is not pushed.
import { lintBurnTable } from './burn-table-lint.ts';
import type { Catalogue } from './catalogue.ts';
import { minorPlaces } from './currency.ts';
import type { Finding } from './finding.ts';
import { lintName, lintUnique } from './name-lint.ts';
import { lintPacks } from './pack-lint.ts';
import { lintPlan } from './plan-lint.ts';
import { lintWords } from './words-lint.ts';

/** Everything that is wrong with the catalogue; empty when it may be pushed. */
export function lintCatalogue(catalogue: Catalogue): readonly Finding[] {
  return [...findings(catalogue)];
}

function* findings(catalogue: Catalogue): Iterable<Finding> {
  yield* lintUnit(catalogue);
  yield* lintBurnTable(catalogue.burnTable);
  if (catalogue.plans.length === 0) {
    yield {
      path: 'plans',
      code: 'no_plan',
      message: 'The catalogue offers no plan, so nobody could hold credits.',
      fix: 'Add a plan.',
    };
  }
  yield* lintUnique(
    'plans',
    'plan',
    catalogue.plans.map(({ plan }) => plan),
  );
  for (const [index, plan] of catalogue.plans.entries()) yield* lintPlan(catalogue, plan, `plans[${index}]`);
  yield* lintPacks(catalogue);
  yield* lintWords(catalogue);
}

/** Stripe's limit for a meter's display name is 250; ours leaves room for what we add. */
const DISPLAY_NAME_LENGTH_MAX = 200;

function* lintUnit({ unit }: Catalogue): Iterable<Finding> {
  const path = 'unit.name';
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(unit.name)) {
    yield {
      path,
      code: 'bad_key',
      message: `The credit unit is called ${JSON.stringify(unit.name)}.`,
      fix: 'Use at most 31 lower-case letters, digits and underscores, beginning with a letter.',
    };
  } else if (minorPlaces(unit.name) !== null) {
    yield {
      path,
      code: 'unit_is_currency',
      message: `${unit.name} is a currency; the books could not tell credits from money.`,
      fix: "Call the unit otherwise, for example 'credit'.",
    };
  }
  yield* lintName('unit.displayName', unit.displayName, DISPLAY_NAME_LENGTH_MAX);
}
