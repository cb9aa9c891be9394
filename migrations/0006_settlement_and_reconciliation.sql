-- Why: what the ledger says is owed for a cycle is decided once and kept; every difference found is a row with an owner.

-- One settlement per cycle invoice: the numbers the gate compared and what it did.
create table settlements (
  lane lane not null,
  customer_id uuid not null,
  billing_period_id uuid not null,
  invoice_id text not null,
  lots_paid_micro bigint not null,
  overage_micro bigint not null,
  owed_minor bigint not null,
  eligible_minor bigint not null,
  expected_minor bigint not null,
  correction_minor bigint not null default 0,
  correction_item_id text,
  state text not null constraint settlements_state check (state in ('waiting', 'held', 'corrected', 'finalized', 'settled')),
  held_because text,
  guarded_at timestamptz,
  decided_at timestamptz,
  finalized_at timestamptz,
  settled_at timestamptz,
  primary key (lane, customer_id, billing_period_id),
  foreign key (lane, customer_id, billing_period_id) references billing_periods
);

create table reconciliations (
  reconciliation_id uuid primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  scope text not null,
  checks jsonb,
  reads integer not null default 0
);

create table variances (
  lane lane not null,
  customer_id uuid not null,
  variance_id uuid not null,
  reconciliation_id uuid not null references reconciliations,
  check_name text not null,
  class text not null constraint variances_class check (class in ('timing', 'missing_here', 'missing_there', 'duplicate',
    'amount', 'rounding', 'currency', 'shaping')),
  subject text not null,
  ours text,
  theirs text,
  unit text,
  amount text,
  cause text,
  repair text,
  state text not null constraint variances_state check (state in ('open', 'explained', 'corrected', 'written_off')),
  explanation text,
  found_at timestamptz not null,
  last_seen_at timestamptz not null,
  closed_at timestamptz,
  primary key (lane, customer_id, variance_id)
);
create unique index variances_once on variances (lane, customer_id, check_name, subject) where state in ('open', 'explained');
create index variances_open on variances (state, found_at) where state = 'open';
