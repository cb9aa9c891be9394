-- Why: money may leave again after it came, by the customer's bank or by a refund from any hand. Both are mirrored whole,
-- and what they claim of bought credits stands on the lots themselves, so that a hold which ends later cannot slip away.

create table disputes (
  lane lane not null,
  customer_id uuid not null,
  dispute_id text not null,
  invoice_id text not null,
  charge_id text not null,
  payment_intent_id text,
  status text not null,
  reason text not null,
  amount_minor bigint not null,
  currency text not null,
  -- balance transactions: money that left with the dispute, and what of it came back, in Stripe's sign
  moved_minor bigint not null,
  fee_minor bigint not null,
  created_at timestamptz not null,
  evidence_due_by timestamptz,
  -- when we learned that the bank has decided; Stripe keeps no such time
  closed_at timestamptz,
  object jsonb not null,
  fetched_at timestamptz not null,
  primary key (lane, customer_id, dispute_id),
  foreign key (lane, customer_id) references customers
);
create index disputes_of_invoice on disputes (lane, customer_id, invoice_id);

create table refunds (
  lane lane not null,
  customer_id uuid not null,
  refund_id text not null,
  invoice_id text not null,
  payment_intent_id text,
  status text not null,
  reason text,
  amount_minor bigint not null,
  currency text not null,
  created_at timestamptz not null,
  failed_at timestamptz,
  failure_reason text,
  object jsonb not null,
  fetched_at timestamptz not null,
  primary key (lane, customer_id, refund_id),
  foreign key (lane, customer_id) references customers
);
create index refunds_of_invoice on refunds (lane, customer_id, invoice_id);

grant select, insert, update on disputes, refunds to creditpool_app;

-- Credits of the lot that open disputes claim: what is unspent of them is frozen, also what a hold gives back later.
alter table lots add column disputed bigint not null default 0 constraint lots_disputed check (disputed >= 0);

-- Plans that were pushed before reversals were a rule keep what they did until now.
update plan_versions set content = jsonb_set(content, '{policy,reversals}',
  '{"creditedFee": "keep", "lostDispute": "write_off", "voidedInvoice": "keep_consumed"}')
  where not content -> 'policy' ? 'reversals';

-- A bank's decision has no time of its own at Stripe but the event's.
create index stripe_events_closed_disputes on stripe_events (object_id) where type = 'charge.dispute.closed';
