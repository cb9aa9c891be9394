-- Why: nobody bills what is used in a trial, so its period is never metered and has no invoice of its own to wait for.
alter table billing_periods add column is_trial boolean not null default false;
