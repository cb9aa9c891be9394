-- Why: a hot pool's book is read again for every batch although nobody else changed it. A version on the pool's own row,
-- which every batch locks anyway, says whether the book that a server still has is what a read would find.
alter table pools add column version bigint not null default 0;

-- Whoever changes a pool's row, or what its book is read from, makes a new version; the executor, which writes whole
-- books under the pool's lock, says so and counts once for all of them.
create function count_pool_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;

create function count_pool_versions_of_customer() returns trigger language plpgsql as $$
begin
  update pools set version = version + 1 where lane = new.lane and customer_id = new.customer_id;
  return null;
end $$;

create trigger pools_version before update on pools
  for each row when (new.version = old.version) execute function count_pool_version();

create trigger lots_version after insert or update on lots
  for each row when (current_setting('creditpool.counts_versions', true) is distinct from 'on')
  execute function count_pool_versions_of_customer();
create trigger accounts_version after insert or update on accounts
  for each row when (new.pool_id <> '00000000-0000-0000-0000-000000000000'
    and current_setting('creditpool.counts_versions', true) is distinct from 'on')
  execute function count_pool_versions_of_customer();
create trigger subscriptions_version after insert or update on subscriptions
  for each row execute function count_pool_versions_of_customer();
create trigger billing_periods_version after insert or update of plan_version_id, starts_at, ends_at, cut_off_at, state,
    seats, freeze_at, fee_paid_at, frozen_at on billing_periods
  for each row when (current_setting('creditpool.counts_versions', true) is distinct from 'on')
  execute function count_pool_versions_of_customer();

-- The version is written with every batch; with room on its page that touches no index.
alter table pools set (fillfactor = 70);
