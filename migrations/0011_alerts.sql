-- Why: an alert is decided with the debit and written with it; whoever is told, how often and with what answer is kept.

create table alerts (
  lane lane not null,
  customer_id uuid not null,
  alert_id uuid not null,
  pool_id uuid not null,
  kind text not null,
  -- once per threshold and period, per lot and notice, per silence
  key text not null,
  data jsonb not null,
  raised_at timestamptz not null,
  primary key (lane, customer_id, alert_id),
  unique (lane, customer_id, key),
  foreign key (lane, customer_id, pool_id) references pools
);
create index alerts_recent on alerts (raised_at);

-- Secrets are sealed with a key that is not in the database.
create table webhook_endpoints (
  endpoint_id uuid primary key,
  url text not null,
  description text not null,
  state text not null constraint webhook_endpoints_state check (state in ('active', 'disabled')),
  secret bytea not null,
  previous_secret bytea,
  previous_until timestamptz,
  failing_since timestamptz,
  created_at timestamptz not null,
  disabled_at timestamptz,
  disabled_because text
);

create table alert_deliveries (
  lane lane not null,
  customer_id uuid not null,
  delivery_id uuid not null default gen_random_uuid(),
  alert_id uuid not null,
  channel text not null constraint alert_deliveries_channel check (channel in ('webhook', 'mail', 'log')),
  endpoint_id uuid references webhook_endpoints,
  state text not null default 'pending'
    constraint alert_deliveries_state check (state in ('pending', 'sent', 'skipped', 'parked')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  lease_until timestamptz,
  response_status integer,
  response_body text,
  outcome text,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (lane, customer_id, delivery_id),
  foreign key (lane, customer_id, alert_id) references alerts,
  constraint alert_deliveries_endpoint check ((channel = 'webhook') = (endpoint_id is not null))
);
create index alert_deliveries_due on alert_deliveries (next_at) where state = 'pending';
create index alert_deliveries_parked on alert_deliveries (created_at) where state = 'parked';
create index alert_deliveries_of_alert on alert_deliveries (lane, customer_id, alert_id);

grant select, insert on alerts to creditpool_app;
grant select, insert, update on webhook_endpoints, alert_deliveries to creditpool_app;
