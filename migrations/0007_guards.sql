-- Why: the second net. Rights say first who may do what; these triggers refuse even the owner's slip.

create function refuse_rewrite() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only: % on % is refused; post a reversal instead', tg_op, tg_table_name
    using errcode = 'integrity_constraint_violation', constraint = tg_table_name || '_append_only';
end $$;

create function refuse_closed_period() returns trigger language plpgsql as $$
begin
  if exists (select from accounting_periods p
      where p.closed_at is not null and p.month = date_trunc('month', new.effective_at at time zone 'UTC')::date) then
    raise exception 'the books of % are closed; date the entry into the open period', to_char(new.effective_at, 'YYYY-MM')
      using errcode = 'integrity_constraint_violation', constraint = 'journal_entries_open_period';
  end if;
  return new;
end $$;

create function refuse_live_simulation() returns trigger language plpgsql as $$
begin
  if exists (select from deployment where livemode or not sandbox) then
    raise exception 'only a sandbox has a simulated clock'
      using errcode = 'integrity_constraint_violation', constraint = 'simulated_clock_sandbox_only';
  end if;
  return new;
end $$;

create trigger simulated_clock_sandbox_only before insert or update on simulated_clock
  for each row execute function refuse_live_simulation();
create trigger journal_entries_open_period before insert on journal_entries
  for each row execute function refuse_closed_period();

create trigger journal_entries_append_only before update or delete on journal_entries
  for each row execute function refuse_rewrite();
create trigger postings_append_only before update or delete on postings
  for each row execute function refuse_rewrite();
create trigger usage_events_append_only before update or delete on usage_events
  for each row execute function refuse_rewrite();
create trigger usage_event_keys_append_only before update or delete on usage_event_keys
  for each row execute function refuse_rewrite();
create trigger usage_reversals_append_only before update or delete on usage_reversals
  for each row execute function refuse_rewrite();
create trigger hold_captures_append_only before update or delete on hold_captures
  for each row execute function refuse_rewrite();
create trigger idempotency_keys_no_delete before delete on idempotency_keys
  for each row execute function refuse_rewrite();

create trigger journal_entries_no_truncate before truncate on journal_entries
  for each statement execute function refuse_rewrite();
create trigger postings_no_truncate before truncate on postings
  for each statement execute function refuse_rewrite();
create trigger usage_events_no_truncate before truncate on usage_events
  for each statement execute function refuse_rewrite();
create trigger usage_event_keys_no_truncate before truncate on usage_event_keys
  for each statement execute function refuse_rewrite();
create trigger usage_reversals_no_truncate before truncate on usage_reversals
  for each statement execute function refuse_rewrite();
create trigger hold_captures_no_truncate before truncate on hold_captures
  for each statement execute function refuse_rewrite();

-- The application may read everything, add to history, and change state; it may not rewrite or delete history.
-- The role itself is made by the migration runner, since roles belong to the server and not to this database.
grant usage on schema public to creditpool_app;
grant select, insert on all tables in schema public to creditpool_app;
grant usage on all sequences in schema public to creditpool_app;
grant update on deployment, simulated_clock, credit_units, plan_versions, pack_versions, api_keys, job_runs, accounting_periods,
  customers, pools, subscriptions, billing_periods, accounts, lots, holds, hold_draws, idempotency_keys, meter_buckets,
  stripe_events, stripe_cursors, outbox, credit_grants, credit_balance_transactions, invoices, invoice_lines,
  invoice_payments, credit_notes, credit_note_requests, customer_balance_transactions, settlements, reconciliations,
  variances to creditpool_app;
grant delete on simulated_clock, invoice_lines to creditpool_app;
