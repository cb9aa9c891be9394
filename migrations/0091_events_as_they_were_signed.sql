-- Why: an event's body is evidence, and nothing here asks what is in it: it is kept as Stripe signed it, character by
-- character, which is also half the work of taking it apart. What an applied event needs of it has columns of its own,
-- so that leasing five hundred events reads no body; and the body lies beside its row, which is written twice more.
alter table stripe_events
  add column stripe_customer_id text,
  add column invoice_id text;
update stripe_events set
  stripe_customer_id = case when object_id like 'cus\_%' then object_id else payload #>> '{data,object,customer}' end,
  invoice_id = payload #>> '{data,object,invoice}';
alter table stripe_events alter column payload type json using payload::json;
alter table stripe_events set (toast_tuple_target = 512, fillfactor = 70);

-- The same of the two mirrors that are written most often: what is asked of them has columns, the whole object is kept
-- for whoever needs more.
alter table invoices alter column object type json using object::json;
alter table subscriptions alter column object type json using object::json;
