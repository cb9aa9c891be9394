-- Why: what another integration had reported to the meter when a customer was taken over is billed by Stripe with the
-- running period. No message of ours says it, so the period keeps how much it was; null: nobody has looked.
alter table billing_periods
  add column taken_over_units bigint constraint billing_periods_taken_over check (taken_over_units >= 0);
