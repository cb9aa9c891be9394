-- Why: member pools, seats, caps, moved and frozen credits keep their state beside the journal, in the same transaction.

-- The part of `ended` that went on in another lot and took its share of what was paid along.
alter table lots add column moved bigint not null default 0
  constraint lots_moved check (moved between 0 and ended);

-- A member's pool opens its allowance when it is touched: it knows the end of the last period it has done so for.
alter table pools add column allowances_until timestamptz;
alter table pools add column has_members boolean not null default false;
alter table pools add column has_member_caps boolean not null default false;

-- seats: the highest quantity of the period. freeze_at: when its credits freeze unless its fee is paid by then.
alter table billing_periods add column seats integer;
alter table billing_periods add column freeze_at timestamptz;
alter table billing_periods add column fee_paid_at timestamptz;
alter table billing_periods add column frozen_at timestamptz;
create index billing_periods_freezing on billing_periods (lane, freeze_at)
  where freeze_at is not null and frozen_at is null and fee_paid_at is null and state = 'open';

alter table usage_events add column agent text;
alter table holds add column agent text;

-- What a member may use instead of what the plan says; credits null: as much as there is.
create table member_caps (
  lane lane not null,
  customer_id uuid not null,
  member text not null,
  credits bigint constraint member_caps_not_negative check (credits >= 0),
  window_kind text not null constraint member_caps_window check (window_kind in ('day', 'month', 'period')),
  set_by text not null,
  reason text,
  set_at timestamptz not null,
  primary key (lane, customer_id, member),
  foreign key (lane, customer_id) references customers
);

-- What a member or an agent has used or holds in a window, kept only while a cap asks for it.
create table usage_counters (
  lane lane not null,
  customer_id uuid not null,
  scope text not null constraint usage_counters_scope check (scope in ('member', 'agent')),
  name text not null,
  window_kind text not null constraint usage_counters_window check (window_kind in ('day', 'month', 'period')),
  window_start timestamptz not null,
  used bigint not null,
  primary key (lane, customer_id, scope, name, window_kind, window_start),
  foreign key (lane, customer_id) references customers
) with (fillfactor = 70);

-- Cancellations on their way: the pool is blocked, usage is flushed, then Stripe ends the subscription with an invoice.
create table cancellations (
  lane lane not null,
  customer_id uuid not null,
  subscription_id text not null,
  state text not null constraint cancellations_state check (state in ('flushing', 'sent', 'done', 'refused')),
  waits_for text,
  requested_by text not null,
  reason text not null,
  requested_at timestamptz not null,
  ended_at timestamptz,
  primary key (lane, customer_id, subscription_id),
  foreign key (lane, customer_id, subscription_id) references subscriptions
);
create index cancellations_open on cancellations (lane, requested_at) where state in ('flushing', 'sent');

grant select, insert, update on member_caps, usage_counters, cancellations to creditpool_app;
grant delete on member_caps to creditpool_app;
