-- Why: an action goes live in steps. Each step is a row that says who took it and on which proofs; nothing is edited.

-- What an action does that nobody has decided on yet: a live account that is newly connected only observes.
alter table deployment add column first_mode text not null default 'enforce'
  constraint deployment_first_mode check (first_mode in ('observe', 'shadow', 'enforce'));

create table mode_changes (
  mode_change_id uuid primary key,
  lineage text not null,
  action text not null,
  mode text not null constraint mode_changes_mode check (mode in ('observe', 'shadow', 'enforce')),
  changed_at timestamptz not null,
  changed_by text not null,
  reason text not null,
  -- the gate as it stood, row by row; null for a step down, which needs none
  gate jsonb
);
create unique index mode_changes_last on mode_changes (lineage, action, mode_change_id desc);

-- Where no figure decides, a named person does, with a reason; the newest about a row counts, until it is too old.
create table gate_sign_offs (
  sign_off_id uuid primary key,
  gate_row text not null,
  signed_at timestamptz not null,
  signed_by text not null,
  reason text not null
);

-- Until when the credit model stands before it is looked at again; the newest counts.
create table model_reviews (
  model_review_id uuid primary key,
  review_on date not null,
  set_at timestamptz not null,
  set_by text not null,
  reason text not null
);

-- What was observed, by action: read by the gate, and empty where everything is enforced.
create index usage_events_observed on usage_events (lane, action, recorded_at) where outcome = 'observed';
