-- Why: what Stripe tells us is stored before it is applied, what we tell Stripe is written with its cause,
-- and Stripe's documents are mirrored whole, so that both sides can be compared.

create table stripe_events (
  event_id text primary key,
  type text not null,
  object_id text,
  livemode boolean not null,
  api_version text,
  created_at timestamptz not null,
  received_at timestamptz not null,
  payload jsonb not null,
  via text not null constraint stripe_events_via check (via in ('webhook', 'gap_filler')),
  state text not null constraint stripe_events_state check (state in ('received', 'applied', 'ignored', 'parked')),
  outcome text,
  attempts integer not null default 0,
  next_at timestamptz not null,
  lease_no integer not null default 0,
  lease_until timestamptz,
  finished_at timestamptz
);
create index stripe_events_waiting on stripe_events (next_at) where state = 'received';

create table stripe_cursors (
  name text primary key,
  position timestamptz not null,
  detail text
);

-- queue: meter | grants | documents; a parked row blocks only its own (customer, queue).
-- not_before: hold back until an instant. request: {call, params}; key: Stripe's idempotency key without the epoch.
create table outbox (
  lane lane not null,
  customer_id uuid not null,
  outbox_id bigint generated always as identity,
  queue text not null constraint outbox_queue check (queue in ('meter', 'grants', 'documents')),
  call text not null,
  subject_id text not null,
  request jsonb not null,
  key text not null,
  epoch smallint not null default 0,
  entry_id uuid,
  billing_period_id uuid,
  state text not null constraint outbox_state check (state in ('pending', 'sending', 'unknown', 'done', 'refused', 'parked', 'cancelled')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  lease_no integer not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null,
  first_sent_at timestamptz,
  finished_at timestamptz,
  stripe_id text,
  outcome text,
  primary key (lane, customer_id, outbox_id),
  unique (lane, customer_id, key)
);
create index outbox_waiting on outbox (next_at) where state in ('pending', 'sending', 'unknown');
create index outbox_unfinished on outbox (lane, customer_id, queue, outbox_id)
  where state in ('pending', 'sending', 'unknown', 'parked');
create index outbox_period on outbox (lane, customer_id, billing_period_id, queue);

-- Credit grants as we want them at Stripe. A grant may carry several lots; amount is money in the subscription's currency.
create table credit_grants (
  lane lane not null,
  customer_id uuid not null,
  credit_grant_id uuid not null,
  pool_id uuid not null,
  stripe_grant_id text,
  currency text not null,
  amount_minor bigint not null constraint credit_grants_amount_positive check (amount_minor > 0),
  category text not null,
  priority smallint not null,
  metered_price_id text not null,
  effective_at timestamptz not null,
  backstop_at timestamptz,
  state text not null constraint credit_grants_state check (state in ('wanted', 'granted', 'ending', 'ended', 'void')),
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (lane, customer_id, credit_grant_id),
  foreign key (lane, customer_id) references customers
);
create index credit_grants_stripe on credit_grants (stripe_grant_id);

create table credit_grant_lots (
  lane lane not null,
  customer_id uuid not null,
  credit_grant_id uuid not null,
  lot_id uuid not null,
  primary key (lane, customer_id, credit_grant_id, lot_id),
  foreign key (lane, customer_id, credit_grant_id) references credit_grants,
  foreign key (lane, customer_id, lot_id) references lots
);

create table credit_balance_transactions (
  lane lane not null,
  customer_id uuid not null,
  transaction_id text not null,
  stripe_grant_id text not null,
  type text not null,
  amount_minor bigint not null,
  currency text not null,
  invoice_id text,
  effective_at timestamptz not null,
  object jsonb not null,
  primary key (lane, customer_id, transaction_id)
);

create table invoices (
  lane lane not null,
  customer_id uuid not null,
  invoice_id text not null,
  number text,
  subscription_id text,
  billing_reason text,
  status text not null,
  currency text not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  subtotal_minor bigint not null,
  discounts_minor bigint not null,
  credits_applied_minor bigint not null,
  tax_minor bigint not null,
  total_minor bigint not null,
  starting_balance_minor bigint not null,
  ending_balance_minor bigint,
  amount_due_minor bigint not null,
  amount_paid_minor bigint not null,
  amount_remaining_minor bigint not null,
  created_at timestamptz not null,
  finalized_at timestamptz,
  paid_at timestamptz,
  voided_at timestamptz,
  uncollectible_at timestamptz,
  object jsonb not null,
  fetched_at timestamptz not null,
  primary key (lane, customer_id, invoice_id),
  foreign key (lane, customer_id) references customers
);
create index invoices_by_id on invoices (invoice_id);

create table invoice_lines (
  lane lane not null,
  customer_id uuid not null,
  invoice_id text not null,
  line_id text not null,
  position integer not null,
  kind text not null constraint invoice_lines_kind check (kind in ('base', 'usage', 'pack', 'correction', 'other')),
  price_id text,
  description text,
  quantity text,
  amount_minor bigint not null,
  discounts_minor bigint not null,
  credits_applied_minor bigint not null,
  tax_minor bigint not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  object jsonb not null,
  primary key (lane, customer_id, invoice_id, line_id),
  foreign key (lane, customer_id, invoice_id) references invoices
);

create table invoice_payments (
  lane lane not null,
  customer_id uuid not null,
  invoice_payment_id text not null,
  invoice_id text not null,
  status text not null,
  amount_paid_minor bigint not null,
  currency text not null,
  paid_at timestamptz,
  object jsonb not null,
  primary key (lane, customer_id, invoice_payment_id)
);

create table credit_notes (
  lane lane not null,
  customer_id uuid not null,
  credit_note_id text not null,
  invoice_id text not null,
  number text,
  status text not null,
  reason text,
  total_minor bigint not null,
  pre_payment_minor bigint not null,
  post_payment_minor bigint not null,
  currency text not null,
  created_at timestamptz not null,
  voided_at timestamptz,
  object jsonb not null,
  lines jsonb not null,
  fetched_at timestamptz not null,
  primary key (lane, customer_id, credit_note_id)
);

-- Credit notes that people asked for here: the request is stored before Stripe hears of it.
create table credit_note_requests (
  lane lane not null,
  customer_id uuid not null,
  credit_note_request_id uuid not null,
  invoice_id text not null,
  reason text not null,
  ticket text not null,
  requested_by text not null,
  request jsonb not null,
  preview jsonb not null,
  state text not null constraint credit_note_requests_state check (state in ('waiting', 'issued', 'refused')),
  credit_note_id text,
  outcome text,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (lane, customer_id, credit_note_request_id),
  foreign key (lane, customer_id) references customers
);

create table customer_balance_transactions (
  lane lane not null,
  customer_id uuid not null,
  transaction_id text not null,
  type text not null,
  amount_minor bigint not null,
  currency text not null,
  invoice_id text,
  credit_note_id text,
  created_at timestamptz not null,
  object jsonb not null,
  primary key (lane, customer_id, transaction_id)
);
