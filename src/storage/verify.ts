// The books proved from postings alone: every balance and counter that is kept beside the journal is computed again,
// in SQL over sets, from one snapshot. A breach is a bug or a hand in the database; nothing is repaired here.
import { EVERY_LANE } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { transaction } from './database.ts';
import { execute, query } from './query.ts';
import { type ExportedRoot, findRootBreaches, SEAL_CHECKS } from './seals.ts';
import { ACCOUNT_CHECKS } from './verification/accounts.ts';
import { takeFingerprints } from './verification/fingerprints.ts';
import { HOLD_CHECKS } from './verification/holds.ts';
import { JOURNAL_CHECKS } from './verification/journal.ts';
import { LOT_CHECKS } from './verification/lots.ts';
import { USAGE_CHECKS } from './verification/usage.ts';

/** One invariant as a query: `$1` lanes, `$2` one customer or null, `$3` the most rows; a row is a breach. */
export interface LedgerCheck {
  /** Id of the invariant that a row breaks. */
  readonly invariant: string;
  /** What must hold, as a sentence. */
  readonly claim: string;
  /** Part of what the fingerprints prove of all lanes at once; some only where these are in no doubt. */
  readonly isFingerprinted?: true | 'unless in doubt';
  /** Selects `subject`, `expected` and `found`, all text. */
  readonly sql: string;
}

export interface Breach {
  readonly invariant: string;
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

export interface LedgerFindings {
  readonly entries: number;
  readonly postings: number;
  readonly breaches: readonly Breach[];
}

/** Every invariant that the ledger can prove about itself. */
export const LEDGER_CHECKS: readonly LedgerCheck[] = [
  ...JOURNAL_CHECKS,
  ...ACCOUNT_CHECKS,
  ...LOT_CHECKS,
  ...HOLD_CHECKS,
  ...USAGE_CHECKS,
  ...SEAL_CHECKS,
];

/** Breaches shown of one check; the first ones tell the story, and a broken table would tell millions. */
const BREACHES_MAX = 200;

/** A whole ledger takes longer than a request may. */
const STATEMENT_TIMEOUT_MS = 600_000;

export interface LedgerScope {
  readonly lanes: readonly number[];
  readonly customerId?: string;
}

/**
 * Runs every check in one repeatable-read, read-only snapshot of the given lanes, or of one customer in them, and holds
 * the seals against roots that were kept elsewhere.
 */
export async function findBreaches(
  db: Database,
  scope: LedgerScope,
  exportedRoots: readonly ExportedRoot[] = [],
): Promise<LedgerFindings> {
  return transaction(db, async (snapshot) => findBreachesIn(snapshot, scope, exportedRoots), {
    isolationLevel: 'repeatable read',
    readOnly: true,
    attemptsMax: 1,
  });
}

/** The same inside a transaction that is open already. */
export async function findBreachesIn(
  snapshot: Transaction,
  scope: LedgerScope,
  exportedRoots: readonly ExportedRoot[] = [],
): Promise<LedgerFindings> {
  const only = [scope.lanes, scope.customerId ?? null] as const;
  await execute(snapshot, `set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  // Whole tables are compared: just after much was written, stale statistics chose a nested loop of half a minute.
  await execute(snapshot, `set local enable_nestloop = off`);
  const breaches: Breach[] = [];
  for (const { invariant, sql } of LEDGER_CHECKS) {
    const rows = await query<Omit<Breach, 'invariant'>>(snapshot, sql, [...only, BREACHES_MAX]);
    breaches.push(...rows.map((row) => ({ invariant, ...row })));
  }
  breaches.push(...(await findRootBreaches(snapshot, exportedRoots)));
  const [size] = await query<{ entries: bigint; postings: bigint }>(snapshot, SIZE, only);
  return { entries: Number(size?.entries ?? 0n), postings: Number(size?.postings ?? 0n), breaches };
}

/** What a look at everything says. */
export interface Whole {
  readonly isSound: boolean;
  /** A window of usage is not rolled up. */
  readonly isWaiting: boolean;
}

/**
 * Whether the ledger proves, or that of one lane, in a few passes: large tables by their fingerprints, the rest row by row.
 * Should anything differ, the answer is that of every check.
 */
export async function lookAtWhole(snapshot: Transaction, lane: number | null = null): Promise<Whole> {
  await query(snapshot, PLANNED_FOR_ALL);
  const { agrees, inDoubt, isWaiting } = await takeFingerprints(snapshot, lane);
  await query(snapshot, WITHOUT_WORKERS);
  const lanes = lane === null ? EVERY_LANE : [lane];
  const rest = LEDGER_CHECKS.filter(({ isFingerprinted }) =>
    isFingerprinted === 'unless in doubt' ? inDoubt : isFingerprinted !== true,
  );
  const breached = rest.map(({ sql }) => `(${sql})`).join('\n union all ');
  const proves = agrees && (await query(snapshot, breached, [lanes, null, 1])).length === 0;
  const isSound = proves || (await findBreachesIn(snapshot, { lanes })).breaches.length === 0;
  return { isSound, isWaiting };
}

/**
 * A kept plan would expect ten lanes, so few rows that it starts no worker for them. Two workers read from one end to the
 * other: PostgreSQL's readers and a third process would only take the processor from whoever has the longest table.
 */
const PLANNED_FOR_ALL = `select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true),
  set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true),
  set_config('effective_io_concurrency', '0', true),
  set_config('parallel_leader_participation', 'off', true)`;

/** Starting workers takes longer than any of the checks that are left. */
const WITHOUT_WORKERS = `select set_config('max_parallel_workers_per_gather', '0', true)`;

const SIZE = `
  select
    (select count(*) from journal_entries where lane = any($1) and ($2::uuid is null or customer_id = $2)) as entries,
    (select count(*) from postings where lane = any($1) and ($2::uuid is null or customer_id = $2)) as postings`;
