-- Why: a monthly judgement of the pricing model is worth something only if nobody can make it look better afterwards.
-- A pack is issued once a month, with the files that were read; neither is ever changed.

create table health_packs (
  pack_id uuid primary key,
  month date not null unique constraint health_packs_first_day check (extract(day from month) = 1),
  verdict text not null constraint health_packs_verdict
    check (verdict in ('keep', 'adjust', 'migrate', 'not enough data')),
  -- the first of its findings in words
  reasons text[] not null,
  candidate text,
  -- of the names and hashes of its files, in order
  hash text not null,
  issued_by text not null,
  issued_at timestamptz not null
);

create table health_pack_files (
  pack_id uuid not null references health_packs,
  name text not null,
  media_type text not null,
  content text not null,
  sha256 text not null,
  primary key (pack_id, name)
);

-- Who was told where it is; a row waits until it was sent, or is parked after its last try.
create table health_pack_deliveries (
  delivery_id uuid primary key,
  pack_id uuid not null references health_packs,
  channel text not null constraint health_pack_deliveries_channel check (channel in ('webhook', 'mail', 'log')),
  -- an address, an endpoint's id, or nothing
  recipient text,
  state text not null default 'pending'
    constraint health_pack_deliveries_state check (state in ('pending', 'sent', 'skipped', 'parked')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  outcome text,
  finished_at timestamptz,
  unique (pack_id, channel, recipient)
);
create index health_pack_deliveries_due on health_pack_deliveries (next_at) where state = 'pending';

create trigger health_packs_append_only before update or delete on health_packs
  for each row execute function refuse_rewrite();
create trigger health_packs_no_truncate before truncate on health_packs
  for each statement execute function refuse_rewrite();
create trigger health_pack_files_append_only before update or delete on health_pack_files
  for each row execute function refuse_rewrite();
create trigger health_pack_files_no_truncate before truncate on health_pack_files
  for each statement execute function refuse_rewrite();

grant select, insert on health_packs, health_pack_files to creditpool_app;
grant select, insert, update on health_pack_deliveries to creditpool_app;
