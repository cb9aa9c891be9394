-- Why: what an action that is not enforced yet would have drawn, in books of its own that no balance, meter or invoice reads.

create table shadow_draws (
  lane lane not null,
  customer_id uuid not null,
  usage_event_id uuid not null,
  seq smallint not null,
  pool_id uuid not null,
  billing_period_id uuid not null,
  action text not null,
  -- 'refused': what neither lots, overage nor debt would have taken
  taken_from text not null constraint shadow_draws_from check (taken_from in ('lot', 'overage', 'debt', 'refused')),
  lot_id uuid,
  amount bigint not null constraint shadow_draws_positive check (amount > 0),
  drawn_at timestamptz not null,
  primary key (lane, customer_id, usage_event_id, seq),
  constraint shadow_draws_lot check ((taken_from = 'lot') = (lot_id is not null))
);
create index shadow_draws_of_pool on shadow_draws (lane, customer_id, pool_id);

-- A hold of such an action reserves nothing.
alter table holds add column reserves boolean not null default true;

create trigger mode_changes_append_only before update or delete on mode_changes
  for each row execute function refuse_rewrite();
create trigger gate_sign_offs_append_only before update or delete on gate_sign_offs
  for each row execute function refuse_rewrite();
create trigger model_reviews_append_only before update or delete on model_reviews
  for each row execute function refuse_rewrite();
create trigger shadow_draws_append_only before update or delete on shadow_draws
  for each row execute function refuse_rewrite();
create trigger mode_changes_no_truncate before truncate on mode_changes
  for each statement execute function refuse_rewrite();
create trigger gate_sign_offs_no_truncate before truncate on gate_sign_offs
  for each statement execute function refuse_rewrite();
create trigger model_reviews_no_truncate before truncate on model_reviews
  for each statement execute function refuse_rewrite();
create trigger shadow_draws_no_truncate before truncate on shadow_draws
  for each statement execute function refuse_rewrite();

grant select, insert on mode_changes, gate_sign_offs, model_reviews, shadow_draws to creditpool_app;
