-- The number of seats of a subscription is asked for as its other changes are: an order on its way until Stripe has done it.
alter table subscription_orders drop constraint subscription_orders_kind;
alter table subscription_orders add constraint subscription_orders_kind
  check (kind in ('start', 'end_trial', 'cancel_at_period_end', 'keep', 'pause', 'resume', 'set_seats'));
