import type { Database, Transaction } from './database.ts';
import { query, type Scalar } from './query.ts';

/** The values that stand for `$1`, `$2`, … of one question. */
export type Question = readonly (Scalar | readonly Scalar[])[];

/**
 * The same question about many customers in one statement: the rows of each, in the order of the questions. `types` are
 * those of the parameters, an array's with `[]`. One question alone is asked as it is written.
 */
export async function queryEach<Row extends object>(
  on: Database | Transaction,
  { sql, types }: { readonly sql: string; readonly types: readonly string[] },
  questions: readonly Question[],
): Promise<readonly (readonly Row[])[]> {
  const [only, ...others] = questions;
  if (only === undefined) return [];
  if (others.length === 0) return [await query<Row>(on, sql, only)];
  const columns = types.map((type, at) => questions.map((question) => asElement(question[at] ?? null, type)));
  const answers: Row[][] = questions.map(() => []);
  for (const { turn, ...row } of await query<Row & { turn: bigint }>(on, aboutEach(sql, types), columns)) {
    answers[Number(turn) - 1]?.push(row as unknown as Row);
  }
  return answers;
}

const texts = new Map<string, string>();

/** Question by question, so that each finds its rows by an index as it would alone. */
function aboutEach(sql: string, types: readonly string[]): string {
  const known = texts.get(sql);
  if (known !== undefined) return known;
  const arrays = types.map((type, at) => `$${at + 1}::${type.endsWith('[]') ? 'text' : type}[]`);
  const names = types.map((_, at) => `p${at + 1}`);
  const one = sql.replaceAll(/\$(\d+)/g, (_, place: string) => {
    const type = types[Number(place) - 1] ?? '';
    return type.endsWith('[]') ? `asked.p${place}::${type}` : `asked.p${place}`;
  });
  const text = `select asked.turn, answer.* from unnest(${arrays.join(', ')})
    with ordinality as asked (${names.join(', ')}, turn) cross join lateral (${one}) answer`;
  texts.set(sql, text);
  return text;
}

/** An array cannot be an element of `unnest`'s columns, but its text can. */
function asElement(value: Question[number], type: string): Scalar {
  if (!type.endsWith('[]')) return value as Scalar;
  return value === null ? null : arrayText(value as readonly Scalar[]);
}

function arrayText(values: readonly Scalar[]): string {
  const elements = values.map((value) => {
    if (value === null) return 'null';
    const text = value instanceof Date ? value.toISOString() : String(value);
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}
