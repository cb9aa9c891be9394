-- Why: nothing is undone without its evidence, and nothing above a limit without a second person. What a constraint can
-- keep of that, it keeps here, also against our own code.

-- Who needs whom, from when on. The newest row is in force; a row is a decision with a name under it, never edited.
-- money_limits: by currency, minor units: {"usd": {"item": "5000", "day": "20000"}}; no entry: always a second person.
create table approval_rules (
  version integer primary key,
  approvals text not null constraint approval_rules_approvals check (approvals in ('two_people', 'single_operator')),
  credits_item_micro bigint not null constraint approval_rules_item check (credits_item_micro >= 0),
  credits_day_micro bigint not null constraint approval_rules_day check (credits_day_micro >= 0),
  goodwill_month_micro bigint not null constraint approval_rules_goodwill check (goodwill_month_micro >= 0),
  money_limits jsonb not null,
  changed_by text not null,
  reason text not null,
  changed_at timestamptz not null
);
insert into approval_rules values (1, 'two_people', 250000000, 1000000000, 2000000000,
  '{"usd": {"item": "5000", "day": "20000"}, "eur": {"item": "5000", "day": "20000"}, "gbp": {"item": "5000", "day": "20000"}}',
  'system:migration', 'the limits that a new deployment begins with', clock_timestamp());

-- One exception: its evidence, what shall be done, who asked, who agreed, what became of it.
-- payload_hash is of evidence, outcome and preview together: what was agreed to, and nothing else, is executed.
create table cases (
  lane lane not null,
  customer_id uuid not null,
  case_id uuid not null,
  kind text not null constraint cases_kind check (kind in ('duplicate_usage', 'failed_output', 'billing_error',
    'product_unsatisfactory', 'order_change', 'fraudulent', 'goodwill', 'dispute', 'refund', 'correction')),
  state text not null constraint cases_state check (state in ('open', 'waiting', 'approved', 'executing', 'done',
    'undone', 'refused', 'withdrawn', 'lapsed', 'closed')),
  ticket text,
  invoice_id text,
  usage_event_ids uuid[] not null default '{}',
  lot_id uuid,
  stripe_object text,
  explanation text,
  outcome jsonb,
  opened_by text not null,
  opened_at timestamptz not null,
  requester text,
  submitted_at timestamptz,
  lapses_at timestamptz,
  payload_hash text,
  preview jsonb,
  -- which limits asked for a second person, as they stood
  limits jsonb,
  approval text constraint cases_approval check (approval in ('within_limits', 'approved', 'single_operator', 'break_glass')),
  approver text,
  approved_at timestamptz,
  approved_hash text,
  comment text,
  started_at timestamptz,
  finished_at timestamptz,
  result jsonb,
  failure text,
  version integer not null default 1,
  primary key (lane, customer_id, case_id),
  foreign key (lane, customer_id) references customers,
  foreign key (lane, customer_id, invoice_id) references invoices,
  foreign key (lane, customer_id, lot_id) references lots,
  constraint cases_evidence check (
    state not in ('waiting', 'approved', 'executing', 'done', 'undone') or (
      btrim(coalesce(ticket, '')) <> ''
      and (kind not in ('duplicate_usage', 'failed_output') or cardinality(usage_event_ids) > 0)
      and (kind not in ('billing_error', 'product_unsatisfactory', 'order_change', 'fraudulent') or invoice_id is not null)
      and (kind not in ('dispute', 'refund') or stripe_object is not null)
      and (kind <> 'correction' or btrim(coalesce(explanation, '')) <> '')
      and (outcome ->> 'type' is distinct from 'credit_note' or invoice_id is not null)
      and (outcome ->> 'type' is distinct from 'restore_credits' or cardinality(usage_event_ids) > 0)
      and (outcome ->> 'type' is distinct from 'take_back_credits' or lot_id is not null))),
  constraint cases_submitted check (
    state not in ('waiting', 'approved', 'executing', 'done', 'undone') or (
      outcome is not null and requester is not null and submitted_at is not null and payload_hash is not null
      and preview is not null and lapses_at is not null)),
  constraint cases_released check (
    state not in ('approved', 'executing', 'done', 'undone')
    or (approval is not null and approved_at is not null and approved_hash = payload_hash)),
  constraint cases_four_eyes check (
    approval is distinct from 'approved' or (approver is not null and approver <> requester and approver <> opened_by)),
  constraint cases_named check (approval is null or approval = 'within_limits' or approver is not null)
);
create index cases_by_id on cases (lane, case_id);
create index cases_newest on cases (lane, customer_id, opened_at);
create index cases_unfinished on cases (lane, opened_at) where state in ('open', 'waiting', 'approved', 'executing');
create unique index cases_of_stripe_object on cases (lane, customer_id, stripe_object, kind)
  where stripe_object is not null and opened_by like 'system:%';

-- What somebody gave on his own authority, so that many small ones count like a large one. Of people, not of customers.
create table authority_uses (
  use_id uuid primary key,
  subject text not null,
  at timestamptz not null,
  case_id uuid not null unique,
  is_goodwill boolean not null,
  credits_micro bigint not null constraint authority_uses_credits check (credits_micro >= 0),
  money_minor bigint not null constraint authority_uses_money check (money_minor >= 0),
  currency text,
  undone_at timestamptz
);
create index authority_uses_recent on authority_uses (subject, at);

grant select, insert on approval_rules to creditpool_app;
grant select, insert, update on cases, authority_uses to creditpool_app;
