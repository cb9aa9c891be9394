-- A customer's move to another plan on its way: usage is flushed and counted at the old price, then Stripe changes prices.
create table plan_changes (
  lane lane not null,
  customer_id uuid not null,
  plan_change_id uuid not null,
  subscription_id text not null,
  plan_version_id uuid not null references plan_versions,
  quantity integer not null check (quantity >= 0),
  state text not null constraint plan_changes_state check (state in ('flushing', 'sent', 'done', 'refused')),
  waits_for text,
  requested_by text not null,
  reason text not null,
  requested_at timestamptz not null,
  ended_at timestamptz,
  primary key (lane, customer_id, plan_change_id),
  foreign key (lane, customer_id, subscription_id) references subscriptions
);
create unique index plan_changes_one_open on plan_changes (lane, customer_id, subscription_id)
  where state in ('flushing', 'sent');
create index plan_changes_open on plan_changes (lane, requested_at) where state in ('flushing', 'sent');

grant select, insert, update on plan_changes to creditpool_app;
