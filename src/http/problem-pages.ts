import { Router } from 'express';

import { PROBLEM_CODES, type ProblemCode, statusOf } from './problems.ts';

/** What `doc_url` leads to: a few plain lines, served by the product itself, so that they work offline. */
export function problemPages(): Router {
  const router = Router();
  router.get('/docs/errors', (_request, response) => {
    response.type('text/plain').send(`${PROBLEM_CODES.map(line).join('\n')}\n`);
  });
  router.get('/docs/errors/:code', (request, response, next) => {
    const code = PROBLEM_CODES.find((known) => known === request.params.code);
    if (code === undefined) next();
    else response.type('text/plain').send(`${line(code)}\n`);
  });
  return router;
}

function line(code: ProblemCode): string {
  return `${code} (HTTP ${statusOf(code)}): ${meaningOf(code)}`;
}

/** What happened and what to do about it, for any request that is answered with this code. */
export function meaningOf(code: ProblemCode): string {
  return MEANINGS[code];
}

const MEANINGS = {
  insufficient_credits:
    'The pool cannot pay for this. details.limit says which limit said no, details.lifted_by who can lift it.',
  invalid_request: 'A field is missing, unknown or malformed; param names it. Nothing was changed.',
  unknown_customer: 'No customer has this name. Use customer_…, cus_… or ext:… with your own id.',
  unknown_action: 'The burn table has no such action at that time. Look at the catalogue file, or push it.',
  no_rate_for_dimensions: 'No rule of the rate matches the dimensions of this use; details list what it asks for.',
  action_not_in_plan: "The customer's plan does not allow this action's feature.",
  no_subscription: 'The customer has no billing period that covers this time.',
  pool_blocked: 'The pool is blocked: its subscription is unpaid, paused or ended, or its debt is not settled.',
  transfer_not_allowed: 'The plan allows no transfers between the pools of a customer.',
  transfer_across_customers:
    'Credits never move from one customer to another. Credit notes and goodwill are the ways to give some.',
  unknown_subscription: 'No subscription to one of the plans has this id.',
  subscription_not_changeable:
    'That makes no sense for the subscription as it is, or another change of it is on its way; the message says what it is.',
  subscription_exists:
    'The customer has a subscription that has not ended. One is followed at a time: change its plan, or end it.',
  trial_not_offered: 'The plan has no trial, or the customer has had one before.',
  plan_not_changeable:
    'The subscription cannot move to that plan now: it is on it already, another change is on its way, it may not be spent on, or the plan is sold in another currency.',
  subscription_not_cancellable:
    'It has ended already, or an invoice of it is being settled; try again once that is final.',
  unknown_hold: 'No hold has this id.',
  unknown_entry: 'No entry of the ledger has this id.',
  hold_not_open: 'The hold was captured, released or has lapsed before.',
  capture_exceeds_hold: 'The capture takes more than the hold has left, and the plan refuses that.',
  occurred_in_future: 'occurred_at lies in the future.',
  occurred_too_long_ago: 'occurred_at lies before anything that can still be charged.',
  implausible_usage:
    'One event would cost more than its plan believes of any (eventCreditsMax). Check the quantities, or send it as a backfill.',
  usage_too_late: 'The period of the usage was cut off, and the plan refuses late usage. A backfill brings it in.',
  unknown_quarantined_event: 'No event in quarantine has this id.',
  quarantine_settled: 'This event was released or discarded before.',
  amount_out_of_range: 'The amount is larger than the books can hold.',
  idempotency_key_reused: 'This Idempotency-Key was used with another request. Take a new key for a new request.',
  usage_event_conflict: 'This (source, id) was used for another event. Usage events count once for ever.',
  usage_event_failed: 'This one event could not be stored, for a reason on our side. Send it again under the same id.',
  pool_unfunded:
    'Usage was reported that neither credits, overage nor debt could take. Nothing new starts until new credits have paid for it.',
  limit_above_plan: "A customer's own spending limit may only be lower than the plan's overage cap.",
  limit_below_use: 'More overage than that is used in this billing period already.',
  no_top_up_rule: "The customer's plan buys nothing by itself, so there is nothing to consent to.",
  no_consent: 'Nobody has consented to automatic top-ups for this customer.',
  unknown_webhook_endpoint: 'No webhook endpoint has this id.',
  unknown_delivery: 'No delivery of an alert has this id.',
  forbidden_address: 'Webhooks go to public https addresses only.',
  unknown_invoice: 'No mirrored invoice has this id.',
  not_creditable:
    'The invoice line has less left than asked: amount less discounts, credits applied and earlier notes.',
  settlement_mismatch: 'The way the money is settled does not fit the invoice.',
  unknown_settlement: 'No cycle is settled under this id. The list of held drafts shows those that wait for you.',
  settlement_not_held: 'The draft is not held (any more), or cannot be decided yet; the message says which.',
  settlement_overcharges:
    'As it stands the customer would pay more than the ledger says is owed: apply the correction.',
  preview_stale: 'The invoice changed since the preview. Preview again.',
  period_closed: 'The books of that month are closed. Date it into the open month.',
  unknown_usage_event: 'No usage event has this id.',
  already_reversed: 'This usage was reversed before.',
  unknown_plan: 'The catalogue has no such plan.',
  unknown_pack: 'The catalogue has no such pack.',
  lint_failed: 'The catalogue has faults; details list them.',
  stripe_refused: 'Stripe refused; the message is its own.',
  stripe_unavailable: 'Stripe did not answer. The request is stored; retry with the same key.',
  not_ready: 'The server is starting or stopping. Retry in a second with the same key.',
  database_unavailable: 'The database did not answer in time. Retry with the same key.',
  not_in_sandbox: 'Only a sandbox can do this.',
  unknown_case: 'No case has this id.',
  case_state: 'The case is past this step, or not there yet; the message says where it stands.',
  case_changed: 'Somebody changed the case since you looked at it. Read it again.',
  evidence_missing: 'A case of this kind and outcome needs more evidence; details.missing lists it.',
  needs_credit_note: 'This usage was billed as overage. It comes back as money: use the outcome credit_note.',
  nothing_to_do: 'There is nothing left that this could do.',
  own_request: 'Nobody decides on what he asked for himself. Somebody else has to.',
  not_permitted: 'The role for this is missing; the message says which one it takes.',
  approval_lapsed: 'An approval holds for 72 hours. Submit the case again.',
  undo_too_late: 'Goodwill is undone within 15 minutes and while unspent. Afterwards open a correction.',
  unknown_lot: 'The customer has no lot of credits with this id.',
  not_a_gift: 'Bought and included credits are not taken back: a credit note gives their money back and ends them.',
  card_number: 'The text holds what looks like a card number. Leave it out.',
  unknown_operator: 'Nobody who works here has this subject.',
  pack_issued: 'The month has a pack, and it never changes. Read it, or look at a preview beside the other model.',
  pack_too_early: 'The month is not over. Look at a preview, or wait until it is.',
  unknown_pack_of_month: 'No pack of this month was issued, or it has no file of that name.',
  unknown_migration: 'No migration has this name. creditpool migration status lists them.',
  migration_state: 'The migration is not at this step; the message says where it stands.',
  migration_exists:
    'A migration has this name already, or one from this plan is under way. Choose another name, or end that one.',
  migration_changes_both:
    'Who is sold to and what is sold may not change in one rollout: nobody could tell afterwards which of them it was. Do one, then the other.',
  migration_needs_second_person:
    'Who planned a migration may not start it too. Somebody else has to, unless the approval rules say single_operator.',
  last_owner: 'One owner has to be left.',
  portal_token_expired:
    "A page showed its portal token after its end. The page asks the host's server for a new one: POST /v1/portal_tokens.",
  use_blocked:
    'The model, key, feature or member is blocked in the registry; details.owner says whom to ask. What ran is stored all the same.',
  unauthenticated:
    'Send Authorization: Bearer with an API key of this deployment. Make one with: creditpool keys create.',
  forbidden: 'The key lacks the scope; details list what is needed.',
  not_found: 'There is no such path or object.',
  method_not_allowed: 'The path exists and takes other methods; the Allow header lists them.',
  malformed_json: 'The body is not JSON.',
  body_too_large: 'The body is too large. Send less at once.',
  unsupported_media_type: 'Send application/json.',
  idempotency_key_required: 'This request moves credits or money: send an Idempotency-Key header.',
  signature_missing: 'The webhook carries no Stripe-Signature header, or no body.',
  signature_invalid: 'None of the webhook secrets made this signature. Check STRIPE_WEBHOOK_SECRETS.',
  signature_too_old: 'The webhook was signed too long ago. Check the clock of this machine; Stripe will send it again.',
  signature_in_future: 'The webhook was signed in the future. Check the clock of this machine.',
  malformed_event: 'The webhook is signed and is no event of Stripe that we can read.',
  wrong_mode: 'A live event reached a test deployment, or the reverse. Point the endpoint at the right one.',
  wrong_account: 'The event belongs to another Stripe account.',
  raw_body_required: 'A body parser ran before our router. Mount the router first.',
  mounted_twice:
    'Two routers are mounted on one path, so that only the first is ever asked. Give each a path of its own.',
  close_too_early: 'The month is not over yet. The message says when it ends.',
  close_not_ready:
    'Something on the close checklist does not hold yet; details.undone names each, the message says what to do.',
  close_not_requested: 'There is no pending request to close this month. Finance asks first, then somebody else signs.',
  close_needs_second_person:
    'Who asked for the close may not sign it too. Somebody else has to, unless the approval rules say single_operator.',
  close_changed:
    'Something was recorded in the month after the first signature. Look at the proofs again, and ask again.',
  close_already_closed: 'The month is closed. Late entries go to the open month and say which month they belong to.',
  close_not_closed: 'Only a closed month can be opened again.',
  close_not_last: 'Only the last closed month may be opened again; open later ones first.',
  unknown_variance: 'There is no such variance. GET /v1/variances lists them.',
  variance_settled: 'The variance was corrected or written off already; there is nothing left to explain.',
  not_correctable:
    'No entry of the money book can correct this variance: it is in credits (open a case), or it belongs to no customer (explain it).',
  unknown_correction: 'There is no such correction. GET /v1/corrections lists them.',
  correction_state: 'The correction was posted, refused or became void before; ask for a new one.',
  unknown_evidence: 'No evidence file of this variance has this id. Attach it first.',
  evidence_too_large: 'An evidence file has at most 10 000 000 bytes. Nothing was stored; send a smaller one.',
  evidence_mismatch:
    'The file is not what it claims to be, is empty, or is of a kind that is not kept: pdf, png, jpeg, csv, txt and eml are. Nothing was stored.',
  unknown_reconciliation: 'There is no such run. The console lists the runs under Finance → Reconciliation.',
  unknown_job: 'There is no such job. The console lists the runs under Finance → Reconciliation.',
  unknown_filter: 'There is no such saved filter, or it is somebody else’s. Yours stand above the list of variances.',
  unknown_export: 'There is no such export, or it has no file of that name. GET /v1/journal_exports lists them.',
  export_accounts_missing:
    'The other ledger has no account for something the month moved; details.missing names what. Nothing was exported.',
  export_too_large: 'The month has more postings than a file may hold. Export the summary: one journal a day.',
  export_changed:
    'The journal no longer gives the files of this export: history was changed behind the application. Run ledger verify with your exported seal roots.',
  export_tampered:
    'A file of the export is not what was exported; the message names the file and the line. Nothing was restored.',
  export_unsound: 'The restored rows do not prove as books. Nothing was restored.',
  export_other_schema: 'The export was made by another release. Restore it with that one, then migrate.',
  database_not_empty: 'An export is restored into a database that was migrated and never used.',
  gate_not_passed:
    'The launch gate holds: details lists each row that fails, with its proof and what to do. Nothing was promoted.',
  mode_not_next:
    'Actions go up one rung at a time, from observe to shadow to enforce; the message says where each stands.',
  internal: 'Something broke on our side. Quote the request id.',
} as const satisfies Record<ProblemCode, string>;
