import type { PoolBook } from '../domain/pool-book.ts';
import type { Transaction } from './database.ts';
import { execute } from './query.ts';
import type { Parameter } from './query.ts';

/** A row and the pool it belongs to. */
export type Owned<Row> = { readonly book: PoolBook; readonly row: Row };

/** The rows of all books, each with its book. */
export function gather<Row>(
  books: readonly PoolBook[],
  rowsOf: (book: PoolBook) => Iterable<Row>,
): readonly Owned<Row>[] {
  return books.flatMap((book) => [...rowsOf(book)].map((row) => ({ book, row })));
}

/**
 * One statement over unnested columns; nothing at all for no rows. `$1` and `$2` are lanes and customers, `more`
 * comes after the columns. Throws when
 * another number of rows was written: the books and the tables would have parted.
 */
export async function write<Row>(
  trx: Transaction,
  rows: readonly Owned<Row>[],
  sql: string,
  columns: readonly ((row: Row, book: PoolBook) => string | number | bigint | Date | boolean | null)[],
  more: readonly Parameter[] = [],
): Promise<void> {
  if (rows.length === 0) return;
  const parameters: Parameter[] = [
    rows.map(({ book }) => book.customer.lane),
    rows.map(({ book }) => book.customer.customerId),
    ...columns.map((column) => rows.map(({ book, row }) => column(row, book))),
    ...more,
  ];
  const written = await execute(trx, sql, parameters);
  if (written !== rows.length) throw new Error(`${written} of ${rows.length} rows were written by: ${sql}`);
}
