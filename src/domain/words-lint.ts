import type { BurnRow, Catalogue } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintName } from './name-lint.ts';

/** Words stand in sentences for customers: short, and of something that the burn table has. */
const WORDS_LENGTH_MAX = 80;

/** Whoever names things for customers names every action, so that no sentence is half in code. */
export function* lintWords({ words, burnTable }: Catalogue): Iterable<Finding> {
  if (words === undefined) return;
  const actions = new Set(burnTable.map(({ action }) => action));
  const known = new Set([...actions, ...burnTable.flatMap(quantitiesOf)]);
  for (const [name, text] of Object.entries(words)) {
    yield* lintName(`words.${name}`, text, WORDS_LENGTH_MAX);
    if (known.has(name)) continue;
    yield {
      path: `words.${name}`,
      code: 'unknown_name',
      message: `No row of the burn table has an action or a quantity called ${JSON.stringify(name)}.`,
      fix: `Write one of ${[...known].join(', ')}.`,
    };
  }
  for (const action of actions) {
    if (action in words) continue;
    yield {
      path: `words.${action}`,
      code: 'missing',
      message: `The words for customers do not say what ${action} is.`,
      fix: `Write words: { '${action}': 'a …' }, with its article.`,
    };
  }
}

/** Every quantity that a row prices. */
function quantitiesOf({ rate }: BurnRow): readonly string[] {
  const plain = [rate, ...(rate.rules ?? []).map((rule) => rule.rate)];
  return [...new Set(plain.flatMap(({ per = [], tiers = [] }) => [...per, ...tiers].map(({ quantity }) => quantity)))];
}
