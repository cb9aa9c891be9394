-- Why: the books must survive our own bugs. A posting moves a positive amount of one unit from one account to
-- another, so an unbalanced entry cannot be written down; a wrong entry is answered by a reversal, never by an edit.

-- balance = what came in − what went out; kept beside the journal in the same transaction, recomputed by verify.
create table accounts (
  lane lane not null,
  customer_id uuid not null,
  pool_id uuid not null,
  billing_period_id uuid not null,
  kind text not null,
  unit text not null,
  balance bigint not null,
  primary key (lane, customer_id, pool_id, billing_period_id, kind, unit),
  constraint accounts_stock_not_negative check (kind not in ('available', 'held', 'frozen') or balance >= 0)
);

create table journal_entries (
  lane lane not null,
  customer_id uuid not null,
  entry_id uuid not null,
  kind text not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  actor text not null,
  reason text,
  source_type text not null,
  source_id text not null,
  billing_period_id uuid,
  belongs_to date,
  plan_version_id uuid,
  burn_rate_id uuid,
  reversal_of uuid,
  stripe jsonb,
  primary key (lane, customer_id, entry_id),
  foreign key (lane, customer_id) references customers
);
-- One effect per (source object, transition): the kind names the transition. Burns are unique by their usage events.
create unique index journal_entries_once on journal_entries (lane, customer_id, source_type, source_id, kind)
  where source_type <> 'usage';
create index journal_entries_recent on journal_entries (lane, customer_id, recorded_at);

create table postings (
  lane lane not null,
  customer_id uuid not null,
  entry_id uuid not null,
  seq smallint not null,
  unit text not null,
  from_pool_id uuid not null,
  from_billing_period_id uuid not null,
  from_kind text not null,
  to_pool_id uuid not null,
  to_billing_period_id uuid not null,
  to_kind text not null,
  amount bigint not null constraint postings_amount_positive check (amount > 0),
  lot_id uuid,
  primary key (lane, customer_id, entry_id, seq),
  constraint postings_two_accounts check
    ((from_pool_id, from_billing_period_id, from_kind) <> (to_pool_id, to_billing_period_id, to_kind)),
  foreign key (lane, customer_id, entry_id) references journal_entries,
  -- one unit at both ends, and both ends of one customer, with no trigger
  foreign key (lane, customer_id, from_pool_id, from_billing_period_id, from_kind, unit) references accounts,
  foreign key (lane, customer_id, to_pool_id, to_billing_period_id, to_kind, unit) references accounts
);
create index postings_of_lot on postings (lane, customer_id, lot_id) where lot_id is not null;

create view ledger_lines as
  select p.lane, p.customer_id, p.entry_id, p.seq, e.kind as entry_kind, e.effective_at, e.recorded_at, p.unit,
    p.to_kind as account, p.to_pool_id as pool_id, p.to_billing_period_id as billing_period_id,
    p.amount as debit, null::bigint as credit, p.lot_id
  from postings p join journal_entries e using (lane, customer_id, entry_id)
  union all
  select p.lane, p.customer_id, p.entry_id, p.seq, e.kind, e.effective_at, e.recorded_at, p.unit,
    p.from_kind, p.from_pool_id, p.from_billing_period_id, null, p.amount, p.lot_id
  from postings p join journal_entries e using (lane, customer_id, entry_id);
