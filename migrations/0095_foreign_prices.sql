-- Why: a price by another hand can bill our meter. Which meter a price bills never changes at Stripe, so each price that is
-- none of the catalogue's is asked for once. A reference table, like the catalogue's.
create table foreign_prices (
  stripe_price_id text primary key,
  -- null: it bills no meter.
  stripe_meter_id text,
  seen_at timestamptz not null default clock_timestamp()
);

grant select, insert on foreign_prices to creditpool_app;

-- Why a draft waits for a person, by name: what is billed otherwise than was agreed is told apart from a discount.
alter table settlements add column hold_reason text;
