-- Why: models, keys, features and members that nobody here knows of cost money all the same. Who is known stands in a
-- registry with an owner; what turns up beside it is found once, and is then known or blocked.

-- A kind is watched as soon as one of it is registered. name may end in *, which stands for every name that begins so.
create table registered_uses (
  kind text not null constraint registered_uses_kind check (kind in ('model', 'key', 'feature', 'member')),
  name text not null,
  state text not null constraint registered_uses_state check (state in ('registered', 'blocked')),
  owner text not null,
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (kind, name)
);

-- via: usage, or the bill of a provider. customer_id: whose use it was, the first time.
create table shadow_findings (
  kind text not null,
  name text not null,
  first_seen_at timestamptz not null,
  found_at timestamptz not null,
  via text not null constraint shadow_findings_via check (via in ('usage', 'provider_bill')),
  customer_id uuid,
  primary key (kind, name)
);

-- What concerns the deployment and no customer: an alert of the nil customer, without a pool.
alter table alerts alter column pool_id drop not null;

create trigger shadow_findings_append_only before update or delete on shadow_findings
  for each row execute function refuse_rewrite();

grant select, insert on shadow_findings to creditpool_app;
grant select, insert, update on registered_uses to creditpool_app;
