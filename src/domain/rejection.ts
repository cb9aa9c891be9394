// Every refusal that a caller can cause, as one union: a value, never thrown. The HTTP shell gives each a status.

export type Rejection =
  | { readonly code: 'insufficient_credits'; readonly message: string; readonly details: InsufficientCredits }
  | { readonly code: RejectionCode; readonly message: string; readonly param?: string; readonly details?: unknown };

/** Which limit said no, and who can lift it. */
export interface InsufficientCredits {
  readonly needed: string;
  readonly available: string;
  readonly limit: 'balance' | 'overage_cap' | 'spending_limit' | 'debt' | 'member_cap' | 'agent_cap';
  readonly lifted_by: string;
}

export type RejectionCode =
  | 'invalid_request'
  | 'unknown_customer'
  | 'unknown_action'
  | 'no_rate_for_dimensions'
  | 'action_not_in_plan'
  | 'no_subscription'
  | 'pool_blocked'
  | 'transfer_not_allowed'
  | 'transfer_across_customers'
  | 'unknown_subscription'
  | 'subscription_not_cancellable'
  | 'subscription_not_changeable'
  | 'subscription_exists'
  | 'trial_not_offered'
  | 'plan_not_changeable'
  | 'unknown_hold'
  | 'unknown_entry'
  | 'hold_not_open'
  | 'capture_exceeds_hold'
  | 'occurred_in_future'
  | 'occurred_too_long_ago'
  | 'usage_too_late'
  | 'implausible_usage'
  | 'unknown_quarantined_event'
  | 'quarantine_settled'
  | 'amount_out_of_range'
  | 'idempotency_key_reused'
  | 'usage_event_conflict'
  | 'usage_event_failed'
  | 'pool_unfunded'
  | 'limit_above_plan'
  | 'limit_below_use'
  | 'no_top_up_rule'
  | 'no_consent'
  | 'unknown_webhook_endpoint'
  | 'unknown_delivery'
  | 'forbidden_address'
  | 'unknown_invoice'
  | 'not_creditable'
  | 'settlement_mismatch'
  | 'unknown_settlement'
  | 'settlement_not_held'
  | 'settlement_overcharges'
  | 'preview_stale'
  | 'period_closed'
  | 'unknown_usage_event'
  | 'already_reversed'
  | 'unknown_plan'
  | 'unknown_pack'
  | 'close_too_early'
  | 'close_not_ready'
  | 'close_not_requested'
  | 'close_needs_second_person'
  | 'close_changed'
  | 'close_already_closed'
  | 'close_not_closed'
  | 'close_not_last'
  | 'unknown_variance'
  | 'variance_settled'
  | 'not_correctable'
  | 'unknown_correction'
  | 'correction_state'
  | 'unknown_evidence'
  | 'evidence_too_large'
  | 'evidence_mismatch'
  | 'unknown_export'
  | 'unknown_job'
  | 'unknown_reconciliation'
  | 'unknown_filter'
  | 'export_accounts_missing'
  | 'export_too_large'
  | 'export_changed'
  | 'export_tampered'
  | 'export_unsound'
  | 'export_other_schema'
  | 'database_not_empty'
  | 'gate_not_passed'
  | 'mode_not_next'
  | 'lint_failed'
  | 'stripe_refused'
  | 'stripe_unavailable'
  | 'database_unavailable'
  | 'not_in_sandbox'
  | 'unknown_case'
  | 'case_state'
  | 'case_changed'
  | 'evidence_missing'
  | 'needs_credit_note'
  | 'nothing_to_do'
  | 'own_request'
  | 'not_permitted'
  | 'approval_lapsed'
  | 'undo_too_late'
  | 'unknown_lot'
  | 'not_a_gift'
  | 'card_number'
  | 'unknown_operator'
  | 'pack_issued'
  | 'pack_too_early'
  | 'unknown_pack_of_month'
  | 'unknown_migration'
  | 'migration_state'
  | 'migration_exists'
  | 'migration_changes_both'
  | 'migration_needs_second_person'
  | 'last_owner'
  | 'use_blocked';

export type Refused = { readonly rejected: Rejection };

export function refuse(
  code: RejectionCode,
  message: string,
  more: { param?: string; details?: unknown } = {},
): Refused {
  return { rejected: { code, message, ...more } };
}
