-- Why: what nobody could pay for waits in its order; grace is a debt that holds reserve; a top-up buys once, with a
-- consent that somebody gave.

-- unfunded: credits of usage that waits to be paid. spending_limit: most overage a period, by the customer's own wish.
alter table pools add column unfunded bigint not null default 0 constraint pools_unfunded check (unfunded >= 0);
alter table pools add column spending_limit bigint constraint pools_spending_limit check (spending_limit >= 0);

alter table holds add column debt_reserved bigint not null default 0
  constraint holds_debt_reserved check (debt_reserved between 0 and amount);

create table unfunded_usage (
  lane lane not null,
  customer_id uuid not null,
  usage_event_id uuid not null,
  pool_id uuid not null,
  position bigint generated always as identity,
  action text not null,
  feature text not null,
  credits bigint not null constraint unfunded_usage_positive check (credits > 0),
  occurred_at timestamptz not null,
  burn_rate_id uuid not null,
  recorded_at timestamptz not null,
  -- the entry that paid it, or undid it
  entry_id uuid,
  funded_at timestamptz,
  primary key (lane, customer_id, usage_event_id),
  foreign key (lane, customer_id, usage_event_id) references usage_events,
  foreign key (lane, customer_id, pool_id) references pools
);
create index unfunded_usage_waiting on unfunded_usage (lane, customer_id, pool_id, position) where funded_at is null;

create table top_up_consents (
  lane lane not null,
  customer_id uuid not null,
  consent_id uuid not null,
  accepted_by text not null,
  text_hash text not null,
  monthly_cap_minor bigint constraint top_up_consents_cap check (monthly_cap_minor > 0),
  accepted_at timestamptz not null,
  withdrawn_by text,
  withdrawn_at timestamptz,
  -- a declined card stops it until a person goes on
  paused_at timestamptz,
  paused_because text,
  primary key (lane, customer_id, consent_id),
  foreign key (lane, customer_id) references customers
);
create unique index top_up_consents_in_force on top_up_consents (lane, customer_id) where withdrawn_at is null;

create table top_ups (
  lane lane not null,
  customer_id uuid not null,
  top_up_id uuid not null,
  pool_id uuid not null,
  consent_id uuid not null,
  pack_version_id uuid not null references pack_versions,
  amount_minor bigint not null constraint top_ups_amount check (amount_minor > 0),
  currency text not null,
  wanted_at timestamptz not null,
  state text not null constraint top_ups_state check (state in ('wanted', 'paid', 'failed')),
  invoice_id text,
  hosted_invoice_url text,
  outcome text,
  ended_at timestamptz,
  primary key (lane, customer_id, top_up_id),
  foreign key (lane, customer_id, pool_id) references pools,
  foreign key (lane, customer_id, consent_id) references top_up_consents
);
create index top_ups_recent on top_ups (lane, customer_id, wanted_at);
-- One at a time, whatever the code thinks.
create unique index top_ups_one_at_a_time on top_ups (lane, customer_id, pool_id) where state = 'wanted';

grant select, insert, update on unfunded_usage, top_up_consents, top_ups to creditpool_app;
-- Answers are kept for ever as they were given.
revoke update on idempotency_keys from creditpool_app;
drop trigger idempotency_keys_no_delete on idempotency_keys;
create trigger idempotency_keys_append_only before update or delete on idempotency_keys
  for each row execute function refuse_rewrite();
create trigger idempotency_keys_no_truncate before truncate on idempotency_keys
  for each statement execute function refuse_rewrite();
