-- A metered price that changes in the middle of a cycle ends the billing period there: Stripe bills what was used until
-- then as an item of the next invoice, which no credit grant reaches, and the rest of the cycle at the new price.
alter table billing_periods add column superseded_by uuid;
-- What Stripe's item asks beyond what is owed was taken back, or there was nothing to take back.
alter table billing_periods add column change_settled_at timestamptz;
create index billing_periods_changed on billing_periods (lane, billing_period_id)
  where superseded_by is not null and change_settled_at is null;
