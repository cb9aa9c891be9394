-- Why: before a rollout is planned, what it does to bills is worked out customer by customer. That may take minutes, so it
-- is work like a reconciliation; what came of it stays with the request. And a move keeps its number from the moment
-- on which it is noted, so that a process which dies on the way asks for the same one again.

alter table finance_jobs drop constraint finance_jobs_kind;
alter table finance_jobs add constraint finance_jobs_kind
  check (kind in ('reconciliation', 'close_preparation', 'migration_forecast'));
alter table finance_jobs add column asked jsonb;
alter table finance_jobs add column result jsonb;
alter table finance_jobs add constraint finance_jobs_asked check ((kind = 'migration_forecast') = (asked is not null));
