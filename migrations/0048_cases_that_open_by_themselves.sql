-- Why: what another hand or a bank did at Stripe opens a case, once for each thing that happened to one object there.
alter table cases add column cause text;
drop index cases_of_stripe_object;
create unique index cases_of_cause on cases (lane, customer_id, stripe_object, cause) where cause is not null;
