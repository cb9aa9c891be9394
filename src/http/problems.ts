// One table gives every refusal its status and its kind of error; a code without a row does not compile.
import type { Rejection, RejectionCode } from '../domain/rejection.ts';
import type { Received } from '../operations/receive-stripe-event.ts';

type WebhookCode = Extract<Received, { rejected: unknown }>['rejected']['code'];

/** Refusals that only a wire can cause. */
type WireCode =
  | WebhookCode
  | 'unauthenticated'
  | 'portal_token_expired'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'malformed_json'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'idempotency_key_required'
  | 'raw_body_required'
  | 'mounted_twice'
  | 'not_ready'
  | 'internal';

export type ProblemCode = Rejection['code'] | WireCode;

type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'insufficient_credits'
  | 'conflict_error'
  | 'idempotency_error'
  | 'upstream_error'
  | 'api_error';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly param?: string | undefined;
  readonly details?: unknown;
}

const KINDS = {
  close_too_early: [409, 'conflict_error'],
  close_not_ready: [409, 'conflict_error'],
  close_not_requested: [409, 'conflict_error'],
  close_needs_second_person: [403, 'permission_error'],
  close_changed: [409, 'conflict_error'],
  close_already_closed: [409, 'conflict_error'],
  close_not_closed: [409, 'conflict_error'],
  close_not_last: [409, 'conflict_error'],
  unknown_variance: [404, 'invalid_request_error'],
  variance_settled: [409, 'conflict_error'],
  not_correctable: [422, 'invalid_request_error'],
  unknown_correction: [404, 'invalid_request_error'],
  correction_state: [409, 'conflict_error'],
  unknown_evidence: [404, 'invalid_request_error'],
  evidence_too_large: [413, 'invalid_request_error'],
  evidence_mismatch: [422, 'invalid_request_error'],
  unknown_export: [404, 'invalid_request_error'],
  unknown_reconciliation: [404, 'invalid_request_error'],
  unknown_job: [404, 'invalid_request_error'],
  unknown_filter: [404, 'invalid_request_error'],
  export_accounts_missing: [422, 'invalid_request_error'],
  export_too_large: [422, 'invalid_request_error'],
  export_changed: [409, 'conflict_error'],
  export_tampered: [409, 'conflict_error'],
  export_unsound: [409, 'conflict_error'],
  export_other_schema: [409, 'conflict_error'],
  database_not_empty: [409, 'conflict_error'],
  gate_not_passed: [422, 'invalid_request_error'],
  mode_not_next: [409, 'conflict_error'],
  insufficient_credits: [402, 'insufficient_credits'],
  invalid_request: [400, 'invalid_request_error'],
  unknown_customer: [404, 'invalid_request_error'],
  unknown_action: [422, 'invalid_request_error'],
  no_rate_for_dimensions: [422, 'invalid_request_error'],
  action_not_in_plan: [422, 'invalid_request_error'],
  no_subscription: [422, 'invalid_request_error'],
  pool_blocked: [402, 'insufficient_credits'],
  transfer_not_allowed: [422, 'invalid_request_error'],
  transfer_across_customers: [422, 'invalid_request_error'],
  unknown_subscription: [404, 'invalid_request_error'],
  subscription_not_cancellable: [409, 'conflict_error'],
  subscription_not_changeable: [409, 'conflict_error'],
  subscription_exists: [409, 'conflict_error'],
  trial_not_offered: [422, 'invalid_request_error'],
  plan_not_changeable: [409, 'conflict_error'],
  unknown_hold: [404, 'invalid_request_error'],
  unknown_entry: [404, 'invalid_request_error'],
  hold_not_open: [409, 'conflict_error'],
  capture_exceeds_hold: [422, 'invalid_request_error'],
  occurred_in_future: [422, 'invalid_request_error'],
  occurred_too_long_ago: [422, 'invalid_request_error'],
  usage_too_late: [422, 'invalid_request_error'],
  implausible_usage: [422, 'invalid_request_error'],
  unknown_quarantined_event: [404, 'invalid_request_error'],
  quarantine_settled: [409, 'conflict_error'],
  amount_out_of_range: [422, 'invalid_request_error'],
  idempotency_key_reused: [409, 'idempotency_error'],
  usage_event_conflict: [409, 'idempotency_error'],
  usage_event_failed: [500, 'api_error'],
  pool_unfunded: [402, 'insufficient_credits'],
  limit_above_plan: [422, 'invalid_request_error'],
  limit_below_use: [409, 'conflict_error'],
  no_top_up_rule: [422, 'invalid_request_error'],
  no_consent: [404, 'invalid_request_error'],
  unknown_webhook_endpoint: [404, 'invalid_request_error'],
  unknown_delivery: [404, 'invalid_request_error'],
  forbidden_address: [422, 'invalid_request_error'],
  unknown_invoice: [404, 'invalid_request_error'],
  not_creditable: [422, 'invalid_request_error'],
  settlement_mismatch: [422, 'invalid_request_error'],
  unknown_settlement: [404, 'invalid_request_error'],
  settlement_not_held: [409, 'conflict_error'],
  settlement_overcharges: [422, 'invalid_request_error'],
  preview_stale: [409, 'conflict_error'],
  period_closed: [409, 'conflict_error'],
  unknown_usage_event: [404, 'invalid_request_error'],
  already_reversed: [409, 'conflict_error'],
  unknown_plan: [404, 'invalid_request_error'],
  unknown_pack: [404, 'invalid_request_error'],
  lint_failed: [422, 'invalid_request_error'],
  stripe_refused: [422, 'upstream_error'],
  stripe_unavailable: [503, 'upstream_error'],
  database_unavailable: [503, 'api_error'],
  unknown_case: [404, 'invalid_request_error'],
  case_state: [409, 'conflict_error'],
  case_changed: [409, 'conflict_error'],
  evidence_missing: [422, 'invalid_request_error'],
  needs_credit_note: [422, 'invalid_request_error'],
  nothing_to_do: [422, 'invalid_request_error'],
  own_request: [403, 'permission_error'],
  not_permitted: [403, 'permission_error'],
  approval_lapsed: [409, 'conflict_error'],
  undo_too_late: [409, 'conflict_error'],
  unknown_lot: [404, 'invalid_request_error'],
  not_a_gift: [422, 'invalid_request_error'],
  card_number: [400, 'invalid_request_error'],
  unknown_operator: [404, 'invalid_request_error'],
  pack_issued: [409, 'conflict_error'],
  pack_too_early: [409, 'conflict_error'],
  unknown_pack_of_month: [404, 'invalid_request_error'],
  unknown_migration: [404, 'invalid_request_error'],
  migration_state: [409, 'conflict_error'],
  migration_exists: [409, 'conflict_error'],
  migration_changes_both: [422, 'invalid_request_error'],
  migration_needs_second_person: [403, 'permission_error'],
  last_owner: [409, 'conflict_error'],
  use_blocked: [403, 'permission_error'],
  not_in_sandbox: [409, 'conflict_error'],
} as const satisfies Record<RejectionCode | Rejection['code'], readonly [number, ErrorType]>;

const WIRE_KINDS = {
  unauthenticated: [401, 'authentication_error'],
  portal_token_expired: [401, 'authentication_error'],
  forbidden: [403, 'permission_error'],
  not_found: [404, 'invalid_request_error'],
  method_not_allowed: [405, 'invalid_request_error'],
  malformed_json: [400, 'invalid_request_error'],
  body_too_large: [413, 'invalid_request_error'],
  unsupported_media_type: [415, 'invalid_request_error'],
  idempotency_key_required: [400, 'idempotency_error'],
  signature_missing: [400, 'authentication_error'],
  signature_invalid: [400, 'authentication_error'],
  signature_too_old: [400, 'authentication_error'],
  signature_in_future: [400, 'authentication_error'],
  malformed_event: [400, 'invalid_request_error'],
  wrong_mode: [400, 'invalid_request_error'],
  wrong_account: [400, 'invalid_request_error'],
  raw_body_required: [500, 'api_error'],
  mounted_twice: [500, 'api_error'],
  not_ready: [503, 'api_error'],
  internal: [500, 'api_error'],
} as const satisfies Record<WireCode, readonly [number, ErrorType]>;

const PROBLEMS = { ...KINDS, ...WIRE_KINDS };

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

export function statusOf(code: ProblemCode): number {
  return PROBLEMS[code][0];
}

export function typeOf(code: ProblemCode): ErrorType {
  return PROBLEMS[code][1];
}

/** The error object in Stripe's shape. */
export function toErrorBody(problem: Problem, requestId: string, docsUrl: string): object {
  return {
    error: {
      type: typeOf(problem.code),
      code: problem.code,
      message: problem.message,
      ...(problem.param !== undefined && { param: problem.param }),
      doc_url: `${docsUrl}/${problem.code}`,
      request_id: requestId,
      ...(problem.details !== undefined && { details: problem.details }),
    },
  };
}

/** The same as RFC 9457 has it; the page about the code is the type. */
export function toProblemDetails(problem: Problem, requestId: string, docsUrl: string): object {
  const { code, message, param, details } = problem;
  const words = code.replaceAll('_', ' ');
  return {
    type: `${docsUrl}/${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: statusOf(code),
    detail: message,
    code,
    ...(param !== undefined && { param }),
    request_id: requestId,
    ...(details !== undefined && { details }),
  };
}
