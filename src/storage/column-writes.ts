import type { PoolBook } from '../domain/pool-book.ts';
import type { Transaction } from './database.ts';
import { execute } from './query.ts';
import type { Parameter } from './query.ts';

/** Rows, and at the same places the pools that they belong to. */
export interface Owned<Row> {
  readonly rows: readonly Row[];
  readonly books: readonly PoolBook[];
}

/** The rows of all books, each with its book. */
export function gather<Row>(books: readonly PoolBook[], rowsOf: (book: PoolBook) => Iterable<Row>): Owned<Row> {
  const rows: Row[] = [];
  const owners: PoolBook[] = [];
  for (const book of books) {
    for (const row of rowsOf(book)) {
      rows.push(row);
      owners.push(book);
    }
  }
  return { rows, books: owners };
}

/**
 * One statement over unnested columns; nothing at all for no rows. `$1` and `$2` are lanes and customers, `more`
 * comes after the columns. Throws when
 * another number of rows was written: the books and the tables would have parted.
 */
export async function write<Row>(
  trx: Transaction,
  { rows, books }: Owned<Row>,
  sql: string,
  columns: readonly ((row: Row, book: PoolBook) => string | number | bigint | Date | boolean | null)[],
  more: readonly Parameter[] = [],
): Promise<void> {
  if (rows.length === 0) return;
  const parameters: Parameter[] = [
    books.map(({ customer }) => customer.lane),
    books.map(({ customer }) => customer.customerId),
    ...columns.map((column) => books.map((book, index) => column(rows[index] as Row, book))),
    ...more,
  ];
  const written = await execute(trx, sql, parameters);
  if (written !== rows.length) throw new Error(`${written} of ${rows.length} rows were written by: ${sql}`);
}
