-- Why: whoever writes many customers in one transaction counts the versions of their pools once; subscriptions were the one
-- table whose trigger counted all the same.
drop trigger subscriptions_version on subscriptions;
create trigger subscriptions_version after insert or update on subscriptions
  for each row when (current_setting('creditpool.counts_versions', true) is distinct from 'on')
  execute function count_pool_versions_of_customer();
