-- Why: Stripe limits an account, not a process: all replicas together keep below its limits, and all rest while it is down.

-- tokens: calls that may be made at once; refilled at the configured rate, negative after Stripe said "too many".
create table stripe_budgets (
  bucket text primary key constraint stripe_budgets_bucket check (bucket in ('calls', 'meter')),
  tokens double precision not null,
  refilled_at timestamptz not null
);
insert into stripe_budgets (bucket, tokens, refilled_at) values ('calls', 0, now()), ('meter', 0, now());

-- One row. since: the first of the failures in a row; until: nobody calls before it; rests: how often in a row.
create table stripe_rest (
  only_row boolean primary key default true check (only_row),
  since timestamptz,
  until timestamptz,
  rests integer not null default 0,
  reason text
);
insert into stripe_rest (only_row) values (true);

grant select, update on stripe_budgets, stripe_rest to creditpool_app;
