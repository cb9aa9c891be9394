// A ledger of the shape of pgledger, written for this benchmark: a function call is a transfer, which locks both accounts
// in order, updates both, and writes the transfer and its two entries with the balances before and after.
export const PER_TRANSFER_LEDGER = `
  create table ledger_accounts (account_id text primary key, balance bigint not null default 0,
    version bigint not null default 0, updated_at timestamptz not null default now());
  create table ledger_transfers (transfer_id uuid primary key, from_account_id text not null references ledger_accounts,
    to_account_id text not null references ledger_accounts, amount bigint not null check (amount > 0),
    created_at timestamptz not null, event_at timestamptz not null);
  create index on ledger_transfers (from_account_id);
  create index on ledger_transfers (to_account_id);
  create table ledger_entries (entry_id uuid primary key, account_id text not null references ledger_accounts,
    transfer_id uuid not null references ledger_transfers, amount bigint not null, balance_before bigint not null,
    balance_after bigint not null, account_version bigint not null, created_at timestamptz not null);
  create index on ledger_entries (account_id);
  create index on ledger_entries (transfer_id);
  insert into ledger_accounts select 'to-' || n from generate_series(0, 99) n;
  insert into ledger_accounts values ('hot');

  create function ledger_transfer(from_id text, to_id text, amount bigint) returns uuid language plpgsql as $$
  declare
    transfer uuid := uuidv7();
    at timestamptz := clock_timestamp();
    from_account ledger_accounts;
    to_account ledger_accounts;
  begin
    perform 1 from ledger_accounts a where a.account_id in (from_id, to_id) order by a.account_id for update;
    update ledger_accounts a set balance = a.balance - amount, version = a.version + 1, updated_at = at
      where a.account_id = from_id returning * into from_account;
    update ledger_accounts a set balance = a.balance + amount, version = a.version + 1, updated_at = at
      where a.account_id = to_id returning * into to_account;
    insert into ledger_transfers values (transfer, from_id, to_id, amount, at, at);
    insert into ledger_entries values
      (uuidv7(), from_id, transfer, -amount, from_account.balance + amount, from_account.balance, from_account.version, at),
      (uuidv7(), to_id, transfer, amount, to_account.balance - amount, to_account.balance, to_account.version, at);
    return transfer;
  end $$;`;
