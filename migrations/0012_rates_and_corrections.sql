-- Why: rates may ask for dimensions, usage may be amended, and what cannot be read is kept until somebody puts it right.

alter table usage_events add column dimensions jsonb not null default '{}';
-- The earlier event of the same customer that this one stands for instead.
alter table usage_events add column amends uuid;
create unique index usage_events_amended on usage_events (lane, customer_id, amends) where amends is not null;

alter table holds add column dimensions jsonb not null default '{}';

-- Events that could not be taken, by the sender's wish. They are of no customer: often that is what is wrong with them.
create table quarantined_events (
  quarantined_event_id uuid primary key,
  source text not null,
  event_id text not null,
  event_hash uuid not null,
  -- as it came, and as somebody put it right
  body jsonb not null,
  fixed_body jsonb,
  code text not null,
  message text not null,
  param text,
  attempts integer not null default 1,
  state text not null default 'waiting'
    constraint quarantined_events_state check (state in ('waiting', 'released', 'discarded')),
  received_at timestamptz not null,
  tried_at timestamptz not null,
  settled_at timestamptz,
  settled_by text,
  reason text,
  usage_event_id uuid,
  constraint quarantined_events_settled check ((state = 'waiting') = (settled_at is null)),
  constraint quarantined_events_released check ((state = 'released') = (usage_event_id is not null))
);
create unique index quarantined_events_waiting on quarantined_events (source, event_hash) where state = 'waiting';

grant select, insert, update on quarantined_events to creditpool_app;
