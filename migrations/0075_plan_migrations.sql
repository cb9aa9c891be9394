-- Why: a model is left the way it was entered: customer by customer, new ones first, somebody having agreed. What each
-- customer was told he has stays as it is until his own renewal, and for who is pinned even then.

create table plan_migrations (
  plan_migration_id uuid primary key,
  name text not null unique,
  from_plan text not null,
  to_plan_version_id uuid not null references plan_versions,
  -- the segment that moved customers belong to afterwards; null: their segments stay
  to_segment text,
  -- in their order: [{"name": "new", "subscribed_since": "2026-06-01"}, {"name": "smb", "segment": "smb"}, {"name": "rest"}]
  cohorts jsonb not null,
  every_days integer not null constraint plan_migrations_every check (every_days between 0 and 366),
  holdout_percent integer not null constraint plan_migrations_holdout check (holdout_percent between 0 and 50),
  -- whether the target sells something else than the plan that is left
  changes_packaging boolean not null,
  state text not null constraint plan_migrations_state check (state in ('planned', 'running', 'paused', 'done')),
  reason text not null,
  planned_by text not null,
  planned_at timestamptz not null,
  approval text constraint plan_migrations_approval check (approval in ('two_people', 'single_operator')),
  approved_by text,
  started_at timestamptz,
  paused_by text,
  paused_because text,
  paused_at timestamptz,
  ended_at timestamptz,
  constraint plan_migrations_one_change check (not (changes_packaging and to_segment is not null)),
  constraint plan_migrations_approved check (state = 'planned' or (approval is not null and approved_by is not null
    and started_at is not null)),
  constraint plan_migrations_four_eyes check (approval is distinct from 'two_people' or approved_by <> planned_by)
);
create unique index plan_migrations_one_of_a_plan on plan_migrations (from_plan) where state in ('running', 'paused');

create table plan_migration_members (
  lane lane not null,
  customer_id uuid not null,
  plan_migration_id uuid not null references plan_migrations,
  cohort text not null,
  subscription_id text not null,
  from_plan_version_id uuid not null references plan_versions,
  state text not null constraint plan_migration_members_state
    check (state in ('scheduling', 'scheduled', 'moved', 'held_out', 'pinned', 'refused')),
  plan_change_id uuid,
  outcome text,
  decided_at timestamptz not null,
  moved_at timestamptz,
  primary key (lane, customer_id, plan_migration_id),
  foreign key (lane, customer_id, subscription_id) references subscriptions
);
create index plan_migration_members_open on plan_migration_members (plan_migration_id, state);

-- Which kind of customer this is, in the host's own words.
create table customer_segments (
  lane lane not null,
  customer_id uuid not null,
  segment text not null,
  set_by text not null,
  set_at timestamptz not null,
  primary key (lane, customer_id),
  foreign key (lane, customer_id) references customers
);

-- Who keeps what he has, until when and by whose word: no migration moves him.
create table legacy_terms (
  lane lane not null,
  customer_id uuid not null,
  plan_version_id uuid not null references plan_versions,
  until date,
  reason text not null,
  pinned_by text not null,
  pinned_at timestamptz not null,
  primary key (lane, customer_id),
  foreign key (lane, customer_id) references customers
);

grant select, insert, update on plan_migrations, plan_migration_members, customer_segments, legacy_terms to creditpool_app;
grant delete on legacy_terms to creditpool_app;
