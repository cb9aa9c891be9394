// The proof that every number of a health pack is what the tables say: each leaf of its JSON that is a number, a date, a
// yes or no, or nothing, is claimed by exactly one statement, written of the tables and not of the code under test.
import { expect } from 'vitest';

import type { Database } from '../../../src/storage/database.ts';
import { query } from '../../../src/storage/query.ts';

/** Rows of `sql` are what stands at a place: `burn.data.features`, or `triggers[key=stable_use]` for some of a list. */
export interface Claim {
  readonly at: string;
  readonly sql: string;
}

type Leaf = string | number | boolean | null;

/** Fails where a figure differs, where no statement claims one, and where two do. */
export async function expectEveryFigure(db: Database, pack: object, claims: readonly Claim[]): Promise<void> {
  const told = new Map([...leavesOf(pack, '')].filter(([, leaf]) => isFigure(leaf)));
  const claimed = new Map<string, { readonly leaf: Leaf; readonly by: string }>();
  const twice: string[] = [];
  for (const { at, sql } of claims) {
    const places = placesOf(pack, at);
    const rows = await query<Readonly<Record<string, unknown>>>(db, sql);
    for (const [index, row] of rows.entries()) {
      for (const [path, leaf] of leavesOf(row, places[index] ?? `${at}{${index}}`)) {
        if (claimed.has(path)) twice.push(`${path}: ${claimed.get(path)?.by} and ${at}`);
        claimed.set(path, { leaf, by: at });
      }
    }
  }
  if (twice.length > 0) throw new Error(`claimed twice: ${twice.join(', ')}`);
  const unclaimed = [...told.keys()].filter((path) => !claimed.has(path));
  if (unclaimed.length > 0) throw new Error(`no statement claims ${unclaimed.join(', ')}`);
  const leaves = new Map(leavesOf(pack, ''));
  const differing = [...claimed].flatMap(([path, { leaf }]) => {
    const [shown, tables] = [leaves.has(path) ? textOf(leaves.get(path)) : 'not there', textOf(leaf)];
    return shown === tables ? [] : [{ path, pack: shown, tables }];
  });
  expect(differing).toEqual([]);
}

/** Where the rows of a claim belong, in order. */
function placesOf(pack: object, at: string): readonly string[] {
  const [, path = at, key = '', wanted = ''] = /^(.*)\[(\w+)=(.*)\]$/.exec(at) ?? [];
  let value: unknown = pack;
  for (const step of path.split('.').filter((one) => one !== '')) value = (value as Record<string, unknown>)[step];
  if (!Array.isArray(value)) return [path];
  const list = value as readonly Readonly<Record<string, unknown>>[];
  return list.flatMap((one, index) => (key === '' || one[key] === wanted ? [`${path}[${index}]`] : []));
}

function* leavesOf(value: unknown, path: string): Iterable<[string, Leaf]> {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* leavesOf(one, `${path}[${index}]`);
  } else if (value instanceof Date) {
    yield [path, value.toISOString()];
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) yield* leavesOf(one, path === '' ? key : `${path}.${key}`);
  } else {
    yield [path, typeof value === 'bigint' ? value.toString() : (value as Leaf)];
  }
}

/** Words and names are no figures. */
function isFigure(leaf: Leaf): boolean {
  return typeof leaf !== 'string' || /^-?\d+(\.\d+)?$|^\d{4}-\d\d-\d\d/.test(leaf);
}

/** However PostgreSQL writes it: a date in its JSON, a whole number with decimals. */
function textOf(leaf: unknown): string {
  const text = String(leaf).replace(/^(-?\d+)\.0+$/, '$1');
  return /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text).toISOString() : text;
}
