-- What a person asked for a subscription besides another plan or its end: each on its way until Stripe has done it.
create table subscription_orders (
  lane lane not null,
  customer_id uuid not null,
  subscription_order_id uuid not null,
  kind text not null constraint subscription_orders_kind
    check (kind in ('start', 'end_trial', 'cancel_at_period_end', 'keep', 'pause', 'resume')),
  -- Null while Stripe has not made it.
  subscription_id text,
  -- Of a start: plan version, quantity, days of trial.
  request jsonb not null default '{}',
  state text not null constraint subscription_orders_state check (state in ('flushing', 'sent', 'done', 'refused')),
  waits_for text,
  requested_by text not null,
  reason text not null,
  requested_at timestamptz not null,
  ended_at timestamptz,
  primary key (lane, customer_id, subscription_order_id),
  foreign key (lane, customer_id) references customers,
  constraint subscription_orders_subject check (kind = 'start' or subscription_id is not null)
);
create unique index subscription_orders_one_open on subscription_orders (lane, customer_id, coalesce(subscription_id, ''))
  where state in ('flushing', 'sent');
create index subscription_orders_open on subscription_orders (lane, requested_at) where state in ('flushing', 'sent');

grant select, insert, update on subscription_orders to creditpool_app;
