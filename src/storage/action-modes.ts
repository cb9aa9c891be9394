// Steps on the launch ladder, signatures at its gate, and review dates: rows that are only added.
import type { ActionMode } from '../domain/ladder.ts';
import type { GateRow, GateRowName, SignOff } from '../domain/launch-gate.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface ModeChange {
  readonly action: string;
  readonly mode: ActionMode;
  readonly changedAt: Date;
  readonly changedBy: string;
  readonly reason: string;
}

/** The last step of each action of a unit; one that was never moved is absent. */
export async function lastModeChanges(db: Database | Transaction, unit: string): Promise<readonly ModeChange[]> {
  return query<ModeChange>(
    db,
    `select distinct on (action) action, mode, changed_at as "changedAt", changed_by as "changedBy", reason
     from mode_changes where lineage = $1 order by action, mode_change_id desc`,
    [unit],
  );
}

export interface NewModeChange extends Omit<ModeChange, 'action'> {
  readonly unit: string;
  readonly actions: readonly string[];
  /** What the gate found; null for a step down. */
  readonly gate: readonly GateRow[] | null;
}

/** Moves actions to a rung. */
export async function insertModeChanges(trx: Transaction, change: NewModeChange, newId: () => string): Promise<void> {
  await execute(
    trx,
    `insert into mode_changes (mode_change_id, lineage, action, mode, changed_at, changed_by, reason, gate)
     select id, $3, action, $4, $5, $6, $7, $8::jsonb from unnest($1::uuid[], $2::text[]) as new (id, action)`,
    [
      change.actions.map(() => newId()),
      change.actions,
      change.unit,
      change.mode,
      change.changedAt,
      change.changedBy,
      change.reason,
      change.gate === null ? null : JSON.stringify(change.gate),
    ],
  );
}

/** The newest signature of each row of the gate. */
export async function lastSignOffs(db: Database | Transaction): Promise<readonly SignOff[]> {
  return query<SignOff>(
    db,
    `select distinct on (gate_row) gate_row as row, signed_by as "by", signed_at as "at", reason
     from gate_sign_offs order by gate_row, signed_at desc, sign_off_id desc`,
    [],
  );
}

export async function insertSignOff(
  trx: Transaction,
  signOff: Omit<SignOff, 'row'> & { readonly signOffId: string; readonly row: GateRowName },
): Promise<void> {
  await execute(
    trx,
    `insert into gate_sign_offs (sign_off_id, gate_row, signed_at, signed_by, reason) values ($1, $2, $3, $4, $5)`,
    [signOff.signOffId, signOff.row, signOff.at, signOff.by, signOff.reason],
  );
}

export interface ModelReview {
  /** YYYY-MM-DD */
  readonly reviewOn: string;
  readonly setAt: Date;
  readonly setBy: string;
  readonly reason: string;
}

/** The review date that stands. */
export async function lastReview(db: Database | Transaction): Promise<ModelReview | null> {
  const [row] = await query<ModelReview>(
    db,
    `select to_char(review_on, 'YYYY-MM-DD') as "reviewOn", set_at as "setAt", set_by as "setBy", reason
     from model_reviews order by set_at desc, model_review_id desc limit 1`,
    [],
  );
  return row ?? null;
}

export async function insertReview(
  trx: Transaction,
  review: ModelReview & { readonly modelReviewId: string },
): Promise<void> {
  await execute(
    trx,
    `insert into model_reviews (model_review_id, review_on, set_at, set_by, reason) values ($1, $2, $3, $4, $5)`,
    [review.modelReviewId, review.reviewOn, review.setAt, review.setBy, review.reason],
  );
}
