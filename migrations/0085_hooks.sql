-- Why: a host's own functions are told as surely as an endpoint is: what is raised while no process of the host runs waits for
-- one, and what a process was told when it died is told again.

-- Functions of the host by their names; a process that has them says so again and again.
create table hooks (
  hook text primary key,
  -- which kinds it is told of; null: every one
  kinds text[],
  seen_at timestamptz not null
);
grant select, insert, update on hooks to creditpool_app;

alter table alert_deliveries
  add column hook text,
  drop constraint alert_deliveries_channel,
  add constraint alert_deliveries_channel check (channel in ('webhook', 'mail', 'log', 'hook')),
  add constraint alert_deliveries_hook check ((channel = 'hook') = (hook is not null));

-- Apart, so that deliveries which wait for a host's process never stand before those that anybody can make.
drop index alert_deliveries_due;
create index alert_deliveries_due on alert_deliveries (next_at) where state = 'pending' and channel <> 'hook';
create index alert_deliveries_for_hooks on alert_deliveries (next_at) where state = 'pending' and channel = 'hook';
