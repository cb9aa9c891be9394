-- Why: the stock that grants open, what holds pin of it, and the usage that draws it.

-- granted = drawn + held + frozen + ended + remaining. ended: expired, rolled, carried, transferred, clawed back.
-- Cost basis: paid_minor of paid_currency bought this lot; recognised_minor of it is revenue already.
create table lots (
  lane lane not null,
  customer_id uuid not null,
  lot_id uuid not null,
  pool_id uuid not null,
  unit text not null,
  source text not null constraint lots_source check (source in ('included', 'purchased', 'promotional', 'goodwill',
    'rollover', 'carried', 'restored', 'opening', 'transferred')),
  category text not null constraint lots_category check (category in ('paid', 'promotional')),
  priority smallint not null constraint lots_priority check (priority between 0 and 100),
  effective_at timestamptz not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  features text[],
  only_hold_id uuid,
  billing_period_id uuid,
  origin_lot_id uuid,
  granted bigint not null constraint lots_granted_positive check (granted > 0),
  drawn bigint not null default 0,
  held bigint not null default 0,
  frozen bigint not null default 0,
  ended bigint not null default 0,
  paid_minor bigint not null default 0,
  paid_currency text,
  recognised_minor bigint not null default 0,
  grant_currency text not null,
  source_type text not null,
  source_id text not null,
  is_open boolean generated always as (granted > drawn + ended) stored,
  primary key (lane, customer_id, lot_id),
  unique (lane, customer_id, source_type, source_id),
  foreign key (lane, customer_id, pool_id) references pools,
  constraint lots_not_negative check (drawn >= 0 and held >= 0 and frozen >= 0 and ended >= 0),
  constraint lots_not_overdrawn check (drawn + held + frozen + ended <= granted),
  constraint lots_recognised check (recognised_minor between 0 and paid_minor),
  constraint lots_expire_later check (expires_at is null or expires_at > effective_at)
);
create index lots_open on lots (lane, customer_id, pool_id) where is_open;
create index lots_expiring on lots (lane, expires_at) where is_open and expires_at is not null;

create table holds (
  lane lane not null,
  customer_id uuid not null,
  hold_id uuid not null,
  pool_id uuid not null,
  billing_period_id uuid,
  action text not null,
  feature text not null,
  member text,
  burn_rate_id uuid,
  plan_version_id uuid,
  quantities jsonb not null,
  amount bigint not null constraint holds_amount_positive check (amount > 0),
  overage_reserved bigint not null default 0,
  captured bigint not null default 0,
  state text not null constraint holds_state check (state in ('open', 'captured', 'released', 'lapsed')),
  placed_at timestamptz not null,
  expires_at timestamptz not null,
  settled_at timestamptz,
  primary key (lane, customer_id, hold_id),
  foreign key (lane, customer_id, pool_id) references pools,
  constraint holds_not_negative check (captured >= 0 and overage_reserved >= 0 and overage_reserved <= amount)
);
-- Hold ids carry their lane in the last byte, so a hold is found without its customer.
create index holds_by_id on holds (lane, hold_id);
create index holds_overdue on holds (lane, expires_at) where state = 'open';
create index holds_open on holds (lane, customer_id, pool_id) where state = 'open';

-- Which lots a hold pins, and what of each pin is still held.
create table hold_draws (
  lane lane not null,
  customer_id uuid not null,
  hold_id uuid not null,
  seq smallint not null,
  lot_id uuid not null,
  amount bigint not null constraint hold_draws_amount_positive check (amount > 0),
  held bigint not null,
  primary key (lane, customer_id, hold_id, seq),
  foreign key (lane, customer_id, hold_id) references holds,
  foreign key (lane, customer_id, lot_id) references lots,
  constraint hold_draws_held_range check (held between 0 and amount)
);

create table hold_captures (
  lane lane not null,
  customer_id uuid not null,
  hold_id uuid not null,
  capture_key text not null,
  entry_id uuid not null,
  amount bigint not null,
  captured_at timestamptz not null,
  primary key (lane, customer_id, hold_id, capture_key),
  foreign key (lane, customer_id, hold_id) references holds
);

-- A batch's events of one pool, period, rate and day share one entry; entry_seq is their order inside it, so each
-- event's lots follow from the entry's postings by running sums.
create table usage_events (
  lane lane not null,
  customer_id uuid not null,
  usage_event_id uuid not null,
  source text not null,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  action text not null,
  member text,
  quantities jsonb not null,
  credits bigint not null constraint usage_events_credits check (credits >= 0),
  overage bigint not null default 0,
  debt bigint not null default 0,
  outcome text not null constraint usage_events_outcome check (outcome in ('applied', 'unfunded', 'observed')),
  pool_id uuid not null,
  billing_period_id uuid,
  burn_rate_id uuid not null,
  entry_id uuid,
  entry_seq integer,
  primary key (lane, customer_id, usage_event_id)
);
create index usage_events_of_entry on usage_events (lane, customer_id, entry_id);

-- Dedupe for ever, in a slim table: the events themselves may be archived.
create table usage_event_keys (
  lane lane not null,
  customer_id uuid not null,
  source text not null,
  event_hash uuid not null,
  usage_event_id uuid not null,
  primary key (lane, customer_id, source, event_hash)
);

-- Which usage was undone, by which entry, and how much of it.
create table usage_reversals (
  lane lane not null,
  customer_id uuid not null,
  usage_event_id uuid not null,
  entry_id uuid not null,
  credits bigint not null constraint usage_reversals_positive check (credits > 0),
  primary key (lane, customer_id, usage_event_id),
  foreign key (lane, customer_id, usage_event_id) references usage_events
);

-- Key, request fingerprint and effect are kept for ever; the rendered body may be dropped after 30 days.
create table idempotency_keys (
  lane lane not null,
  customer_id uuid not null,
  operation text not null,
  key text not null,
  fingerprint text not null,
  effect jsonb not null,
  created_at timestamptz not null,
  primary key (lane, customer_id, operation, key)
);

-- Metered use by hour: what the roll-up turns into meter events. metered is changed with the burn itself.
create table meter_buckets (
  lane lane not null,
  customer_id uuid not null,
  billing_period_id uuid not null,
  window_start timestamptz not null,
  metered bigint not null,
  rolled bigint not null default 0,
  last_at timestamptz not null,
  sequence integer not null default 0,
  primary key (lane, customer_id, billing_period_id, window_start),
  foreign key (lane, customer_id, billing_period_id) references billing_periods
);
create index meter_buckets_waiting on meter_buckets (lane, billing_period_id) where metered <> rolled;
