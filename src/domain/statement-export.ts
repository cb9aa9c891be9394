// Exports that a person opens: the ledger line by line, usage event by event, each customer's accounts.

export const STATEMENT_KINDS = ['ledger', 'usage', 'customers'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

export const STATEMENT_FORMATS = ['csv', 'jsonl'] as const;
export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

/** A row as it was read: amounts are whole micro-credits or minor units as decimal text. */
export type StatementRow = Readonly<Record<string, unknown>>;
