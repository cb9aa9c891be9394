-- Why: what a use cost at the provider of its model is told with the use, or computed from a price list at that time. It
-- is written once with the use, so a price that changes later moves no month that is over.

-- Each push whole: exchange rates and margin rules are those of the newest.
create table model_price_lists (
  price_list_id uuid primary key,
  content jsonb not null,
  pushed_by text not null,
  pushed_at timestamptz not null
);

-- What pushes added. Of two rows for one model and instant the one that was pushed last counts from then on.
create table model_prices (
  model_price_id uuid primary key,
  price_list_id uuid not null references model_price_lists,
  model text not null,
  provider text,
  effective_from timestamptz not null,
  currency text not null,
  -- [{"unit": "input_tokens", "amount": "0.15", "each": 1000000}], in major units
  prices jsonb not null,
  per_use text,
  pushed_at timestamptz not null,
  unique (model, effective_from, pushed_at)
);

-- cost_nano: 10^-9 of the currency's major unit. unpriced: somebody named a model that no price stands for.
create table provider_costs (
  lane lane not null,
  customer_id uuid not null,
  cost_id uuid not null,
  usage_event_id uuid,
  hold_id uuid,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  action text not null,
  feature text not null,
  member text,
  agent text,
  provider text,
  model text,
  provider_key text,
  units jsonb not null,
  basis text not null constraint provider_costs_basis check (basis in ('given', 'listed', 'unpriced')),
  cost_nano bigint constraint provider_costs_not_negative check (cost_nano >= 0),
  currency text,
  model_price_id uuid,
  because text,
  primary key (lane, customer_id, cost_id),
  constraint provider_costs_known check ((basis = 'unpriced') = (cost_nano is null)),
  constraint provider_costs_currency check ((cost_nano is null) = (currency is null)),
  constraint provider_costs_of_a_use check ((usage_event_id is null) <> (hold_id is null))
);
-- Months are read whole, by ranges of pages: such an index costs a write next to nothing.
create index provider_costs_occurred on provider_costs using brin (occurred_at);
create index provider_costs_recorded on provider_costs using brin (recorded_at);
create index usage_events_occurred on usage_events using brin (occurred_at);

create trigger provider_costs_append_only before update or delete on provider_costs
  for each row execute function refuse_rewrite();
create trigger provider_costs_no_truncate before truncate on provider_costs
  for each statement execute function refuse_rewrite();
create trigger model_prices_append_only before update or delete on model_prices
  for each row execute function refuse_rewrite();
create trigger model_price_lists_append_only before update or delete on model_price_lists
  for each row execute function refuse_rewrite();

grant select, insert on model_price_lists, model_prices, provider_costs to creditpool_app;
