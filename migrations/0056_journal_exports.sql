-- Why: a file that finance imported must come out the same when it is downloaded again. Entries are only added, so a
-- month as far as it was recorded before an instant is the same for ever; what was made of it is kept as hashes.

create table journal_exports (
  export_id uuid primary key,
  month date not null constraint journal_exports_first_day check (extract(day from month) = 1),
  target text not null,
  detail text not null constraint journal_exports_detail check (detail in ('summary', 'detail')),
  recorded_before timestamptz not null,
  accounts jsonb not null,
  files jsonb not null,
  totals jsonb not null,
  created_by text not null,
  created_at timestamptz not null
);
create index journal_exports_of_month on journal_exports (month, created_at);

create trigger journal_exports_append_only before update or delete on journal_exports
  for each row execute function refuse_rewrite();

grant select, insert on journal_exports to creditpool_app;
