// What a price list may not say: a currency that nobody knows, a price twice, a price of nothing.
import { minorPlaces } from './currency.ts';
import type { Finding } from './finding.ts';
import type { ModelPriceList, ModelPriceRow } from './model-prices.ts';

/** Everything that is wrong with a list whose form is right; empty when it may be pushed. */
export function lintPriceList(list: ModelPriceList): readonly Finding[] {
  return [...findings(list)];
}

function* findings(list: ModelPriceList): Iterable<Finding> {
  yield* lintCurrency('currency', list.currency);
  const seen = new Map<string, number>();
  for (const [index, row] of list.models.entries()) {
    const path = `models[${index}]`;
    yield* lintRow(row, path);
    const key = `${row.model}@${Date.parse(row.effectiveFrom)}`;
    const first = seen.get(key);
    if (first !== undefined) {
      yield {
        path,
        code: 'priced_twice',
        message: `${row.model} has two prices from ${row.effectiveFrom}; the other is models[${first}].`,
        fix: 'Keep one of them, or give the later one its own instant.',
      };
    }
    seen.set(key, index);
  }
  for (const [index, { from, to, rate }] of (list.exchangeRates ?? []).entries()) {
    const path = `exchangeRates[${index}]`;
    yield* lintCurrency(`${path}.from`, from);
    yield* lintCurrency(`${path}.to`, to);
    if (from === to || Number(rate) === 0) {
      yield {
        path,
        code: 'no_rate',
        message: `${rate} ${to} for one ${from} is no rate.`,
        fix: 'Name two currencies and a rate above zero.',
      };
    }
  }
}

function* lintRow(row: ModelPriceRow, path: string): Iterable<Finding> {
  if (row.currency !== undefined) yield* lintCurrency(`${path}.currency`, row.currency);
  if ((row.prices ?? []).length === 0 && row.perUse === undefined) {
    yield {
      path,
      code: 'no_price',
      message: `${row.model} has no price.`,
      fix: 'Give prices for what the provider counts, or perUse; "0" where it costs nothing.',
    };
  }
  if (row.model.slice(0, -1).includes('*')) {
    yield {
      path: `${path}.model`,
      code: 'bad_pattern',
      message: `${row.model} has a * before its end.`,
      fix: 'A * stands at the end alone and means every name that begins so.',
    };
  }
  const units = (row.prices ?? []).map(({ unit }) => unit);
  const twice = units.find((unit, at) => units.indexOf(unit) !== at);
  if (twice !== undefined) {
    yield {
      path: `${path}.prices`,
      code: 'priced_twice',
      message: `${row.model} has two prices for ${twice}.`,
      fix: 'Keep one of them.',
    };
  }
}

function* lintCurrency(path: string, currency: string): Iterable<Finding> {
  if (minorPlaces(currency) !== null) return;
  yield {
    path,
    code: 'unknown_currency',
    message: `${currency} is no currency that Stripe knows.`,
    fix: 'Use its ISO code in lower case, such as usd.',
  };
}
