-- Why: rights and triggers keep the application from changing history; a superuser is not kept, but found. Each past
-- day of a customer's journal and usage is sealed by a hash that covers the day before, and each day of everybody by a root that
-- leaves this database: against an exported root no change of a sealed day can hide.

create table seals (
  lane lane not null,
  customer_id uuid not null,
  -- in UTC, by recorded_at
  day date not null,
  -- journal entries and usage events
  records bigint not null constraint seals_not_empty check (records > 0),
  digest bytea not null constraint seals_digest_length check (length(digest) = 32),
  -- sha256 of the customer's hash before, the day and its digest
  hash bytea not null constraint seals_hash_length check (length(hash) = 32),
  sealed_at timestamptz not null,
  primary key (lane, customer_id, day),
  foreign key (lane, customer_id) references customers
);
create index seals_of_day on seals (day);

create table seal_roots (
  day date primary key,
  customers bigint not null,
  records bigint not null,
  -- sha256 of the root before, the day and the hashes of the customers who have a seal of that day, in their order
  root bytea not null constraint seal_roots_length check (length(root) = 32),
  sealed_at timestamptz not null
);

create index usage_events_recorded on usage_events using brin (recorded_at);

create trigger seals_append_only before update or delete on seals for each row execute function refuse_rewrite();
create trigger seals_no_truncate before truncate on seals for each statement execute function refuse_rewrite();
create trigger seal_roots_append_only before update or delete on seal_roots
  for each row execute function refuse_rewrite();
create trigger seal_roots_no_truncate before truncate on seal_roots for each statement execute function refuse_rewrite();

grant select, insert on seals, seal_roots to creditpool_app;
