-- Why: a month ends when two people say so over the same proofs. From then on the database takes no entry dated into it:
-- each entry shares a lock on its month, the close takes it alone, so nothing slips in between the proofs and the freeze.

alter table accounting_periods
  -- when revenue was recognised through the month's end and its days were sealed
  add column prepared_at timestamptz,
  add column requested_by text,
  add column requested_at timestamptz,
  -- sha256 of the checklist that both people saw
  add column request_hash text,
  add column approval text constraint accounting_periods_approval check (approval in ('two_people', 'single_operator')),
  add column checklist jsonb,
  -- ticked by a person, for what no machine sees: {"journal_imported": {"by": …, "at": …, "note": …}}
  add column confirmations jsonb not null default '{}',
  -- what the month closed with: trial balance and roll-forward, as they stood
  add column figures jsonb,
  add constraint accounting_periods_requested check ((requested_by is null) = (requested_at is null)),
  add constraint accounting_periods_two_people check (
    approval is distinct from 'two_people' or closed_by is distinct from requested_by);

create or replace function refuse_closed_period() returns trigger language plpgsql as $$
declare
  books_month date := date_trunc('month', new.effective_at at time zone 'UTC')::date;
begin
  perform pg_advisory_xact_lock_shared(7301, (extract(year from books_month) * 12 + extract(month from books_month))::int);
  if exists (select from accounting_periods p where p.closed_at is not null and p.month = books_month) then
    raise exception 'the books of % are closed; date the entry into the open period', to_char(books_month, 'YYYY-MM')
      using errcode = 'integrity_constraint_violation', constraint = 'journal_entries_open_period';
  end if;
  return new;
end $$;

-- Months are read whole. Not a tree that begins with the customer: the planner would take it for the key of an entry.
create index journal_entries_effective on journal_entries using brin (effective_at);
