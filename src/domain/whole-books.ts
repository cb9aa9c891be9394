// Everything that the books hold, as files: what is in them, what is left out and why, and how a restore is proved.

export const EXPORT_FORMAT = 'creditpool-books';
export const EXPORT_VERSION = 1;

/** Tables that are of this installation and not of the business. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  api_keys: 'hashes of keys: make new ones (creditpool keys create)',
  console_sessions: 'who is signed in: people sign in again',
  console_sign_in_links: 'links that sign somebody in',
  console_sign_in_trips: 'sign-ins under way',
  hooks: 'functions of the host: they say themselves that they are there',
  job_runs: 'which replica ran which job',
  knex_migrations: 'the schema: see "schema"',
  knex_migrations_lock: 'the schema: see "schema"',
  stripe_budgets: 'the pace of calls to Stripe at this moment',
  stripe_rest: 'the pace of calls to Stripe at this moment',
};

/** Columns that are secrets: a restore puts new random bytes where a value has to be. */
export const WITHHELD: Readonly<Record<string, readonly string[]>> = {
  webhook_endpoints: ['secret', 'previous_secret'],
};

/** Tables to which migrations give a first row, dated when they ran: the restored ones take its place. */
export const SEEDED: readonly string[] = ['approval_rules'];

export interface ExportedTable {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
}

export interface BooksManifest {
  readonly format: typeof EXPORT_FORMAT;
  readonly version: number;
  /** The last migration. */
  readonly schema: string;
  readonly exported_at: string;
  readonly deployment: { readonly account: string; readonly livemode: boolean; readonly sandbox: boolean } | null;
  /** In an order in which they can be loaded. */
  readonly tables: readonly ExportedTable[];
  readonly left_out: Readonly<Record<string, string>>;
  readonly withheld: Readonly<Record<string, readonly string[]>>;
  /** Every account of the company by unit and kind, micro-credits or minor units, as decimal text. */
  readonly balances: readonly { readonly unit: string; readonly account: string; readonly balance: string }[];
  readonly seal_roots: readonly { readonly day: string; readonly root: string }[];
  /** What the books could not prove when they were exported: a restore may have these and no others. */
  readonly breaches: readonly string[];
}

export function breachName({ invariant, subject }: { readonly invariant: string; readonly subject: string }): string {
  return `${invariant} ${subject}`;
}

/** Parents before their children, by name where it does not matter. Throws where two tables need each other. */
export function loadOrder(
  tables: readonly string[],
  references: readonly { readonly child: string; readonly parent: string }[],
): readonly string[] {
  const ordered: string[] = [];
  const left = new Set(tables.toSorted());
  while (left.size > 0) {
    const ready = [...left].filter((table) =>
      references.every(({ child, parent }) => child !== table || parent === table || !left.has(parent)),
    );
    if (ready.length === 0) throw new Error(`these tables refer to each other: ${[...left].join(', ')}`);
    for (const table of ready) left.delete(table);
    ordered.push(...ready);
  }
  return ordered;
}

/** What a line of a file is known by, so that one that was changed is named. */
export const LINE_HASH_DIGITS = 16;
