-- Why: a period that ended without an invoice, such as one of a subscription that was cancelled without, stayed open for
-- ever. Stripe is asked, some days after its end and then once a day, whether anything of its own bills the period yet.
alter table billing_periods
  add column billing_asked_at timestamptz,
  -- Since when it is known that nothing does.
  add column never_billed_at timestamptz;

-- They are few, and each reconciliation shows them.
create index billing_periods_never_billed on billing_periods (lane, customer_id) where never_billed_at is not null;
