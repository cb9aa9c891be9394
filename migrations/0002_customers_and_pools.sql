-- Why: every customer table begins its keys with (lane, customer_id); lane is a fixed hash of the customer id,
-- so that work can be merged by lane and the tables can be distributed by it.

create domain lane as smallint constraint lane_range check (value between 0 and 63);

create table customers (
  lane lane not null,
  customer_id uuid not null,
  external_id text,
  stripe_customer_id text,
  name text,
  email text,
  currency text,
  test_clock text,
  stripe_balance_minor bigint not null default 0,
  deleted_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (lane, customer_id)
);

-- What a customer may be called (cus_…, ext:…): an immutable reference table, so that it can be cached.
create table customer_aliases (
  alias text primary key,
  customer_id uuid not null
);

create table pools (
  lane lane not null,
  customer_id uuid not null,
  pool_id uuid not null,
  unit text not null references credit_units,
  member text,
  plan_version_id uuid references plan_versions,
  state text not null constraint pools_state check (state in ('active', 'blocked', 'closed')),
  opened_at timestamptz not null,
  primary key (lane, customer_id, pool_id),
  foreign key (lane, customer_id) references customers
);
create unique index pools_one_per_member on pools (lane, customer_id, unit, coalesce(member, ''));

create table subscriptions (
  lane lane not null,
  customer_id uuid not null,
  subscription_id text not null,
  status text not null,
  plan_version_id uuid references plan_versions,
  base_item_id text,
  metered_item_id text,
  quantity integer not null default 1,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  billing_anchor timestamptz not null,
  object jsonb not null,
  fetched_at timestamptz not null,
  primary key (lane, customer_id, subscription_id),
  foreign key (lane, customer_id) references customers
);

-- One cycle of one metered subscription item. metered_micro = what lots and overage consumed in it and has been
-- rolled up; emitted_units = what was handed to the meter in whole meter units; the rest is carried inside the period.
create table billing_periods (
  lane lane not null,
  customer_id uuid not null,
  billing_period_id uuid not null,
  pool_id uuid not null,
  subscription_id text not null,
  plan_version_id uuid not null references plan_versions,
  unit text not null references credit_units,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  cut_off_at timestamptz not null,
  state text not null constraint billing_periods_state check (state in ('open', 'cut_off', 'final')),
  invoice_id text,
  rolled_micro bigint not null default 0,
  emitted_units bigint not null default 0,
  overage_cap_micro bigint,
  primary key (lane, customer_id, billing_period_id),
  unique (lane, customer_id, subscription_id, starts_at),
  foreign key (lane, customer_id, pool_id) references pools,
  constraint billing_periods_forward check (starts_at < ends_at and ends_at <= cut_off_at)
);
create index billing_periods_due on billing_periods (lane, state, ends_at) where state <> 'final';
create index billing_periods_invoice on billing_periods (invoice_id);
