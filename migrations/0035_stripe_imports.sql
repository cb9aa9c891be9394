-- Why: an import of a large Stripe account takes an hour; what stopped it, be it kill -9, costs one customer, not the hour.
create table stripe_imports (
  import_id uuid primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  -- The Stripe customer that was finished last, in the order of their creation.
  after_customer text,
  customers integer not null default 0
);
create unique index stripe_imports_one_open on stripe_imports ((true)) where finished_at is null;
grant select, insert, update on stripe_imports to creditpool_app;

-- When an existing Stripe customer was taken over: what was settled before that is in somebody else's books.
alter table customers add column adopted_at timestamptz;
