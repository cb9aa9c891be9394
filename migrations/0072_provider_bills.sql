-- Why: the bill of a provider says what was really asked for. Laid beside what uses said they cost, it finds cost that no
-- use told of, and uses that nobody was asked for. Of the company, not of a customer.

-- A bill covers whole days. Of two bills of one provider for a day the one that came later counts.
create table provider_bills (
  bill_id uuid primary key,
  provider text not null,
  name text not null,
  content_hash text not null unique,
  first_day date not null,
  last_day date not null constraint provider_bills_forward check (last_day >= first_day),
  lines integer not null,
  imported_by text not null,
  imported_at timestamptz not null
);
create index provider_bills_of_provider on provider_bills (provider, last_day);

-- amount_nano: 10^-9 of the currency's major unit; negative where the provider gave something back.
create table provider_bill_lines (
  bill_id uuid not null references provider_bills,
  line_no integer not null,
  day date not null,
  model text,
  provider_key text,
  amount_nano bigint not null,
  currency text not null,
  primary key (bill_id, line_no)
);
create index provider_bill_lines_by_day on provider_bill_lines (day);

create trigger provider_bills_append_only before update or delete on provider_bills
  for each row execute function refuse_rewrite();
create trigger provider_bill_lines_append_only before update or delete on provider_bill_lines
  for each row execute function refuse_rewrite();

grant select, insert on provider_bills, provider_bill_lines to creditpool_app;
