/** What survives this process: rows in order. `creditpool/journal` keeps one in a file. */
export interface Journal {
  readonly rows: () => readonly unknown[];
  /** Kept when it returns. */
  readonly append: (row: unknown) => void;
  /** Instead of all rows so far. */
  readonly rewrite: (rows: readonly unknown[]) => void;
}

/** Rows that end with the process. */
export function memoryJournal(): Journal {
  let kept: unknown[] = [];
  return {
    rows: () => kept,
    append: (row) => {
      kept.push(row);
    },
    rewrite: (rows) => {
      kept = [...rows];
    },
  };
}
