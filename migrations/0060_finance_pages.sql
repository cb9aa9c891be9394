-- Why: a reconciliation of everybody takes minutes. Who asks for one may leave the page, and whichever replica has time
-- does it, and goes on with it when another was killed.

create table finance_jobs (
  finance_job_id uuid primary key,
  kind text not null constraint finance_jobs_kind check (kind in ('reconciliation', 'close_preparation')),
  -- first day of the month that is prepared
  month date constraint finance_jobs_month check ((kind = 'close_preparation') = (month is not null)),
  everybody boolean not null,
  requested_by text not null,
  requested_at timestamptz not null,
  -- wall time, also in a sandbox
  begun_at timestamptz,
  lease_until timestamptz,
  attempts integer not null default 0,
  step text,
  customers integer not null default 0,
  customers_in_all integer,
  reads integer not null default 0,
  reconciliation_id uuid references reconciliations,
  failure text,
  finished_at timestamptz
);
create index finance_jobs_unfinished on finance_jobs (requested_at) where finished_at is null;
create index finance_jobs_of_run on finance_jobs (reconciliation_id) where reconciliation_id is not null;

-- What became of the usage of a month on its way to Stripe, as a run found it.
alter table reconciliations add column funnel jsonb;

-- What our accounts are called in another ledger: said once, used by each export to it.
create table export_accounts (
  target text not null,
  kind text not null,
  account text not null,
  tax_rate text,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (target, kind)
);

-- A person's own filters of a list.
create table saved_filters (
  saved_filter_id uuid primary key,
  subject text not null,
  page text not null,
  name text not null,
  query text not null,
  saved_at timestamptz not null,
  unique (subject, page, name)
);

grant select, insert, update on finance_jobs to creditpool_app;
grant select, insert, update, delete on export_accounts, saved_filters to creditpool_app;
