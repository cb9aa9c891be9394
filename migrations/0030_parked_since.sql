-- Why: whoever looks at what is parked asks first since when; the last change of a row is not that.
alter table outbox add column parked_at timestamptz;
create index outbox_parked on outbox (parked_at) where state = 'parked';
create index stripe_events_parked on stripe_events (finished_at) where state = 'parked';
