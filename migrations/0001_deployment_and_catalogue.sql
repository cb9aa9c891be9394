-- Why: one deployment belongs to one Stripe account and mode; what it sells is an immutable, versioned catalogue.
-- These are reference tables: small, read by every customer's transactions, never keyed by customer.

create table deployment (
  only_row boolean primary key default true constraint deployment_only_one check (only_row),
  stripe_account text not null,
  livemode boolean not null,
  sandbox boolean not null,
  stamped_at timestamptz not null
);

-- The instant that a sandbox lives in. No row: PostgreSQL's own time. Refused when the deployment is live.
create table simulated_clock (
  only_row boolean primary key default true constraint simulated_clock_only_one check (only_row),
  instant timestamptz not null
);

create table credit_units (
  unit text primary key constraint credit_units_name check (unit ~ '^[a-z][a-z0-9_]{0,30}$'),
  display_name text not null,
  meter_unit_micro bigint not null constraint credit_units_meter_unit check (meter_unit_micro in (1, 1000, 1000000)),
  event_name text not null unique,
  stripe_meter_id text unique,
  created_at timestamptz not null
);

create table catalogues (
  catalogue_id uuid primary key,
  fingerprint text not null unique,
  content jsonb not null,
  pushed_at timestamptz not null
);

-- One row per offered version; content is the normalised plan with its policy, never edited.
create table plan_versions (
  plan_version_id uuid primary key,
  plan text not null,
  version integer not null,
  fingerprint text not null,
  unit text not null references credit_units,
  currency text not null constraint plan_versions_currency check (currency ~ '^[a-z]{3}$'),
  content jsonb not null,
  stripe_product_id text,
  stripe_base_price_id text,
  stripe_metered_price_id text,
  created_at timestamptz not null,
  unique (plan, version),
  unique (plan, fingerprint)
);
create index plan_versions_metered_price on plan_versions (stripe_metered_price_id);
create index plan_versions_base_price on plan_versions (stripe_base_price_id);

create table pack_versions (
  pack_version_id uuid primary key,
  pack text not null,
  version integer not null,
  fingerprint text not null,
  unit text not null references credit_units,
  currency text not null,
  content jsonb not null,
  stripe_product_id text,
  stripe_price_id text unique,
  created_at timestamptz not null,
  unique (pack, version),
  unique (pack, fingerprint)
);

-- Effective-dated rates; the row in force when usage happened is stamped on its entry.
create table burn_rates (
  burn_rate_id uuid primary key,
  lineage text not null,
  action text not null,
  effective_from timestamptz not null,
  feature text not null,
  rate jsonb not null,
  created_at timestamptz not null,
  unique (lineage, action, effective_from)
);

create table accounting_periods (
  month date primary key constraint accounting_periods_first_day check (extract(day from month) = 1),
  closed_at timestamptz,
  closed_by text
);

create table api_keys (
  api_key_id text primary key,
  name text not null,
  secret_hash bytea not null,
  last_four text not null,
  livemode boolean not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- One row per fire time of a scheduled job: the row that could be inserted elects who runs it.
create table job_runs (
  job text not null,
  fire_time timestamptz not null,
  owner text not null,
  lease_until timestamptz not null,
  lease_no integer not null default 1,
  finished_at timestamptz,
  outcome jsonb,
  primary key (job, fire_time)
);
