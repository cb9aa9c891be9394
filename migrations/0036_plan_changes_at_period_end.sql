-- Why: a customer who moves with the renewal is not prorated and keeps what the running period included.
alter table plan_changes add column starts text not null default 'now'
  constraint plan_changes_starts check (starts in ('now', 'period_end'));
