import type { Rejection } from '../domain/rejection.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  checkFailed: 3,
  notPermitted: 4,
  notFound: 5,
  conflict: 6,
  waitsForApproval: 7,
  unavailable: 8,
  interrupted: 130,
} as const;

const CODES: Partial<Record<Rejection['code'], number>> = {
  invalid_request: EXIT.wrongUsage,
  forbidden_address: EXIT.wrongUsage,
  unknown_webhook_endpoint: EXIT.notFound,
  insufficient_credits: EXIT.checkFailed,
  pool_blocked: EXIT.checkFailed,
  unknown_customer: EXIT.notFound,
  unknown_action: EXIT.notFound,
  unknown_hold: EXIT.notFound,
  unknown_entry: EXIT.notFound,
  unknown_invoice: EXIT.notFound,
  unknown_usage_event: EXIT.notFound,
  unknown_quarantined_event: EXIT.notFound,
  unknown_plan: EXIT.notFound,
  unknown_settlement: EXIT.notFound,
  settlement_not_held: EXIT.conflict,
  settlement_overcharges: EXIT.checkFailed,
  unknown_subscription: EXIT.notFound,
  plan_not_changeable: EXIT.conflict,
  subscription_not_cancellable: EXIT.conflict,
  subscription_not_changeable: EXIT.conflict,
  subscription_exists: EXIT.conflict,
  trial_not_offered: EXIT.conflict,
  unknown_pack: EXIT.notFound,
  idempotency_key_reused: EXIT.conflict,
  usage_event_conflict: EXIT.conflict,
  preview_stale: EXIT.conflict,
  already_reversed: EXIT.conflict,
  quarantine_settled: EXIT.conflict,
  unknown_case: EXIT.notFound,
  unknown_lot: EXIT.notFound,
  unknown_operator: EXIT.notFound,
  case_state: EXIT.conflict,
  case_changed: EXIT.conflict,
  approval_lapsed: EXIT.conflict,
  undo_too_late: EXIT.conflict,
  last_owner: EXIT.conflict,
  use_blocked: EXIT.notPermitted,
  not_permitted: EXIT.notPermitted,
  own_request: EXIT.notPermitted,
  card_number: EXIT.wrongUsage,
  close_not_ready: EXIT.checkFailed,
  close_changed: EXIT.conflict,
  close_already_closed: EXIT.conflict,
  close_too_early: EXIT.conflict,
  close_not_requested: EXIT.conflict,
  close_needs_second_person: EXIT.notPermitted,
  close_not_closed: EXIT.conflict,
  close_not_last: EXIT.conflict,
  unknown_variance: EXIT.notFound,
  variance_settled: EXIT.conflict,
  not_correctable: EXIT.checkFailed,
  unknown_correction: EXIT.notFound,
  correction_state: EXIT.conflict,
  period_closed: EXIT.conflict,
  unknown_evidence: EXIT.notFound,
  evidence_too_large: EXIT.wrongUsage,
  evidence_mismatch: EXIT.wrongUsage,
  unknown_export: EXIT.notFound,
  unknown_reconciliation: EXIT.notFound,
  unknown_job: EXIT.notFound,
  unknown_filter: EXIT.notFound,
  export_accounts_missing: EXIT.wrongUsage,
  export_changed: EXIT.checkFailed,
  export_tampered: EXIT.checkFailed,
  export_unsound: EXIT.checkFailed,
  export_other_schema: EXIT.conflict,
  database_not_empty: EXIT.conflict,
  gate_not_passed: EXIT.checkFailed,
  mode_not_next: EXIT.conflict,
  pack_issued: EXIT.conflict,
  pack_too_early: EXIT.conflict,
  nothing_to_do: EXIT.conflict,
  unknown_pack_of_month: EXIT.notFound,
  unknown_migration: EXIT.notFound,
  migration_state: EXIT.conflict,
  migration_exists: EXIT.conflict,
  migration_changes_both: EXIT.wrongUsage,
  migration_needs_second_person: EXIT.notPermitted,
  lint_failed: EXIT.checkFailed,
  stripe_unavailable: EXIT.unavailable,
  database_unavailable: EXIT.unavailable,
};

/** What a refusal makes the command end with. */
export function exitCodeOf({ code }: Rejection): number {
  return CODES[code] ?? EXIT.failed;
}

const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|57P03|08\w{3})$/;

/** What a failure makes it end with: worth another try, or not. */
export function exitCodeOfFailure(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause =
    error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : '';
  const isStripe = error instanceof Error && 'type' in error && error.type === 'StripeConnectionError';
  return isStripe || UNREACHABLE.test(code) || UNREACHABLE.test(cause) ? EXIT.unavailable : EXIT.failed;
}
