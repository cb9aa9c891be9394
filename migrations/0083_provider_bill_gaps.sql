-- Why: a bill that asks for more than uses told of is cost that nobody watches. What each month came to is kept when a bill
-- arrives and each night, so that a scrape and a page read a row and compare nothing.

create table provider_bill_gaps (
  provider text not null,
  -- first day
  month date not null,
  currency text not null,
  -- nano-units of the currency's major unit
  billed_nano bigint not null,
  told_nano bigint not null,
  -- of lines that no use told of
  without_usage_nano bigint not null,
  -- of lines that part by more than the tolerance, whichever way
  apart_nano bigint not null,
  is_open boolean not null,
  looked_at timestamptz not null,
  primary key (provider, month, currency)
);
create index provider_bill_gaps_open on provider_bill_gaps (month) where is_open;

grant select, insert, update on provider_bill_gaps to creditpool_app;
