// What was pushed is history: a rate that was announced stands, a meter unit never changes. A catalogue that would
// rewrite it is refused before anything is sent.
import { canonicalJson } from './canonical-json.ts';
import type { BurnRate, Catalogue, CreditUnit } from './catalogue.ts';
import type { Finding } from './finding.ts';

export interface StoredRate {
  readonly action: string;
  readonly feature: string;
  readonly effectiveFrom: Date;
  readonly rate: BurnRate;
}

export interface PushedHistory {
  /** The unit of the catalogue that was pushed last; null before the first push. */
  readonly unit: CreditUnit | null;
  readonly rates: readonly StoredRate[];
  readonly at: Date;
}

/** Findings of a normal catalogue against what was pushed before. */
export function* lintHistory(catalogue: Catalogue, pushed: PushedHistory): Iterable<Finding> {
  yield* lintUnit(catalogue.unit, pushed.unit);
  yield* lintRates(catalogue.burnTable, pushed);
  yield* lintMissing(catalogue.burnTable, pushed);
}

function* lintRates(burnTable: Catalogue['burnTable'], { rates, at }: PushedHistory): Iterable<Finding> {
  const known = new Map(rates.map((row) => [keyOf(row.action, row.effectiveFrom), row]));
  const actions = new Set(rates.map(({ action }) => action));
  for (const [index, row] of burnTable.entries()) {
    const from = new Date(row.effectiveFrom);
    const stored = known.get(keyOf(row.action, from));
    if (stored === undefined) {
      if (actions.has(row.action) && from <= at) {
        yield {
          path: `burnTable[${index}].effectiveFrom`,
          code: 'rate_in_the_past',
          message: `${row.action} has rates already; a further one cannot begin at ${row.effectiveFrom}, which is past.`,
          fix: 'Let it begin in the future, with notice to your customers.',
        };
      }
    } else if (!saysTheSame(stored, row)) {
      yield {
        path: `burnTable[${index}]`,
        code: 'rate_changed',
        message: `The rate of ${row.action} from ${row.effectiveFrom} was pushed with another content.`,
        fix: 'Put it back, and add a row with a later effectiveFrom.',
      };
    }
  }
}

/** A row may leave the file once a later one has replaced it; until then its absence would change nothing, silently. */
function* lintMissing(burnTable: Catalogue['burnTable'], { rates, at }: PushedHistory): Iterable<Finding> {
  const listed = new Set(burnTable.map((row) => keyOf(row.action, new Date(row.effectiveFrom))));
  for (const row of rates) {
    if (listed.has(keyOf(row.action, row.effectiveFrom)) || isReplaced(row, rates, at)) continue;
    yield {
      path: 'burnTable',
      code: 'rate_missing',
      message: `The rate of ${row.action} from ${row.effectiveFrom.toISOString()} is pushed and not in the file.`,
      fix: 'Put it back; to end an action, take its feature out of the plans.',
    };
  }
}

function isReplaced(row: StoredRate, rates: readonly StoredRate[], at: Date): boolean {
  return rates.some(
    ({ action, effectiveFrom }) => action === row.action && effectiveFrom > row.effectiveFrom && effectiveFrom <= at,
  );
}

function saysTheSame(
  stored: Pick<StoredRate, 'feature' | 'rate'>,
  row: { readonly feature: string; readonly rate: BurnRate },
): boolean {
  return stored.feature === row.feature && canonicalJson(stored.rate) === canonicalJson(row.rate);
}

function* lintUnit(unit: CreditUnit, pushed: CreditUnit | null): Iterable<Finding> {
  if (pushed === null) return;
  if (pushed.name !== unit.name) {
    yield {
      path: 'unit.name',
      code: 'unit_changed',
      message: `The credits of this deployment are called ${pushed.name}; lots and meters count in them.`,
      fix: `Write ${pushed.name}; change displayName for what people read.`,
    };
  } else if (pushed.meterUnit !== unit.meterUnit) {
    yield {
      path: 'unit.meterUnit',
      code: 'unit_changed',
      message: `The meter counts in ${pushed.meterUnit} since the first push, and running periods were counted so.`,
      fix: `Write meterUnit: '${pushed.meterUnit}'.`,
    };
  }
}

function keyOf(action: string, effectiveFrom: Date): string {
  return `${action} ${effectiveFrom.toISOString()}`;
}
