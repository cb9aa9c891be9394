-- Why: a difference that an entry puts right is corrected by two people: what is posted is what both looked at. What
-- proves an explanation or a correction is kept here as it was handed in, and is never changed.

create table variance_corrections (
  lane lane not null,
  customer_id uuid not null,
  correction_id uuid not null,
  variance_id uuid not null,
  state text not null constraint variance_corrections_state check (state in ('waiting', 'posted', 'refused', 'void')),
  -- accounts of the money book; minor units
  debit text not null,
  credit text not null,
  currency text not null,
  amount_minor bigint not null constraint variance_corrections_amount check (amount_minor > 0),
  -- null: when it is posted
  effective_at timestamptz,
  note text not null constraint variance_corrections_note check (btrim(note) <> ''),
  evidence text not null constraint variance_corrections_evidence check (btrim(evidence) <> ''),
  -- sha256 of the entry and of the variance as both people saw them
  payload_hash text not null,
  -- which limits asked for a second person, as they stood
  limits jsonb not null,
  requester text not null,
  requested_at timestamptz not null,
  lapses_at timestamptz not null,
  approval text constraint variance_corrections_approval check (approval in ('within_limits', 'approved', 'single_operator')),
  approver text,
  decided_at timestamptz,
  comment text,
  entry_id uuid,
  primary key (lane, customer_id, correction_id),
  foreign key (lane, customer_id, variance_id) references variances,
  foreign key (lane, customer_id, entry_id) references journal_entries,
  constraint variance_corrections_two_accounts check (debit <> credit),
  constraint variance_corrections_posted check ((state = 'posted') = (entry_id is not null)),
  constraint variance_corrections_released check ((state = 'posted') = (approval is not null)),
  constraint variance_corrections_four_eyes check (
    approval is distinct from 'approved' or (approver is not null and approver <> requester))
);
create index variance_corrections_by_id on variance_corrections (lane, correction_id);
create unique index variance_corrections_one_waiting on variance_corrections (lane, customer_id, variance_id)
  where state = 'waiting';
create index variance_corrections_own_authority on variance_corrections (requester, decided_at)
  where approval = 'within_limits';

create table evidence_files (
  lane lane not null,
  customer_id uuid not null,
  evidence_id uuid not null,
  variance_id uuid not null,
  name text not null,
  content_type text not null,
  byte_count integer not null,
  -- of the content, hexadecimal
  sha256 text not null,
  content bytea not null,
  uploaded_by text not null,
  uploaded_at timestamptz not null,
  primary key (lane, customer_id, evidence_id),
  foreign key (lane, customer_id, variance_id) references variances,
  constraint evidence_files_whole check (octet_length(content) = byte_count),
  constraint evidence_files_hash check (encode(sha256(content), 'hex') = sha256)
);
create index evidence_files_by_id on evidence_files (lane, evidence_id);
create index evidence_files_of_variance on evidence_files (lane, customer_id, variance_id, uploaded_at);

create trigger evidence_files_append_only before update or delete on evidence_files
  for each row execute function refuse_rewrite();
create trigger evidence_files_no_truncate before truncate on evidence_files
  for each statement execute function refuse_rewrite();

grant select, insert, update on variance_corrections to creditpool_app;
grant select, insert on evidence_files to creditpool_app;
