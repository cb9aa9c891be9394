-- Why: a book that a server keeps says of each period whether nobody will ever bill it, so that changing it is a new version.
drop trigger billing_periods_version on billing_periods;
create trigger billing_periods_version after insert or update of plan_version_id, starts_at, ends_at, cut_off_at, state,
    seats, freeze_at, fee_paid_at, frozen_at, never_billed_at on billing_periods
  for each row when (current_setting('creditpool.counts_versions', true) is distinct from 'on')
  execute function count_pool_versions_of_customer();
