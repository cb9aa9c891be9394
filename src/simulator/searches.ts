import type { CollectionName } from './collections.ts';
import { invalidRequest } from './errors.ts';
import { integer, required, word } from './parameters.ts';
import { rendered } from './render.ts';
import { route } from './routes.ts';
import type { World } from './world.ts';

type Test = (object: object) => boolean;

const CLAUSE = /^(-?)([a-z_]+)(?:\[["']([^"']+)["']\])?([:~<>]=?)(?:"([^"]*)"|'([^']*)'|(\S+))$/;

function fieldOf(object: object, field: string, key: string | undefined): unknown {
  const value = new Map<string, unknown>(Object.entries(object)).get(field);
  if (key === undefined) return value;
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(key)
    : undefined;
}

function isMet(found: unknown, operator: string, asked: string): boolean {
  if (asked === 'null') return found === null || found === undefined;
  if (found === null || found === undefined) return false;
  const is = typeof found === 'string' ? found : JSON.stringify(found);
  switch (operator) {
    case '~':
      return is.toLowerCase().includes(asked.toLowerCase());
    case '>':
      return Number(is) > Number(asked);
    case '>=':
      return Number(is) >= Number(asked);
    case '<':
      return Number(is) < Number(asked);
    case '<=':
      return Number(is) <= Number(asked);
    default:
      return is.toLowerCase() === asked.toLowerCase();
  }
}

/** Stripe's query language: clauses of field, operator and value, all joined by AND or all by OR. */
function testOf(query: string): Test {
  const joint = /\sOR\s/i.test(query) ? 'OR' : 'AND';
  const clauses = query.split(new RegExp(`\\s+${joint}\\s+`, 'i')).map((clause): Test => {
    const match = CLAUSE.exec(clause.trim());
    if (match === null)
      throw invalidRequest(`We were unable to parse your search query: ${clause}`, { param: 'query' });
    const [, minus, field = '', key, operator = ':', double, single, bare] = match;
    const asked = double ?? single ?? bare ?? '';
    return (object) => isMet(fieldOf(object, field, key), operator, asked) !== (minus === '-');
  });
  return joint === 'OR'
    ? (object) => clauses.some((clause) => clause(object))
    : (object) => clauses.every((clause) => clause(object));
}

const shape = { query: required(word()), limit: integer(1, 100), page: word() };

function search(
  world: World,
  kind: CollectionName,
  url: string,
  asked: { query: string; limit: number | undefined; page: string | undefined },
): object {
  const test = testOf(asked.query);
  const found = world.store.all(kind).toReversed().filter(test);
  const start = Number(asked.page ?? '0');
  const limit = asked.limit ?? 10;
  const more = start + limit < found.length;
  const data = found.slice(start, start + limit).map(rendered);
  return {
    object: 'search_result',
    url,
    data,
    has_more: more,
    next_page: more ? String(start + limit) : null,
    total_count: found.length,
  };
}

const SEARCHED = [
  'charges',
  'customers',
  'invoices',
  'payment_intents',
  'prices',
  'products',
  'subscriptions',
] as const;

export const searchRoutes = SEARCHED.map((kind) =>
  route('GET', `/v1/${kind}/search`, shape, ({ world, path, values }) => search(world, kind, path, values)),
);
