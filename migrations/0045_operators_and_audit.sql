-- Why: people act here, not only keys. Who may do what is a row that is changed with a trace, and every act of a person
-- leaves one row of the audit log in the same transaction, for ever. Neither belongs to a customer.

-- subject: the person, as the sign-in names him; it never changes, whatever roles come and go. Nobody is deleted.
create table operators (
  operator_id uuid primary key,
  subject text not null unique constraint operators_subject check (subject !~ '^(key|system):'),
  name text not null,
  email text,
  roles text[] not null
    constraint operators_roles check (roles <@ array['viewer', 'support', 'finance', 'approver', 'owner']),
  created_at timestamptz not null,
  changed_at timestamptz not null,
  disabled_at timestamptz
);
create unique index operators_email on operators (lower(email)) where disabled_at is null;

-- actor: a person's subject, key:<api key>, or system:<what>. before and after hold what changed, never a secret.
create table audit_log (
  audit_id uuid primary key,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  actor text not null,
  roles text[] not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  customer_id uuid,
  before jsonb,
  after jsonb,
  reason text,
  request_id text,
  address text,
  user_agent text
);
create index audit_log_newest on audit_log (audit_id desc);
create index audit_log_of_object on audit_log (object_type, object_id, audit_id);
create index audit_log_of_customer on audit_log (customer_id, audit_id) where customer_id is not null;
create index audit_log_of_actor on audit_log (actor, audit_id);

create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function refuse_rewrite();
create trigger audit_log_no_truncate before truncate on audit_log
  for each statement execute function refuse_rewrite();

-- A key may act for a person: then that person's roles decide, and his is the name under it.
alter table api_keys add column operator_subject text references operators (subject);

grant select, insert, update on operators to creditpool_app;
grant select, insert on audit_log to creditpool_app;
