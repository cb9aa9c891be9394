-- Why: measured on one hot pool. Lane is a function of the customer, which the planner does not know: it took an index on
-- (lane, customer_id, recorded_at) for as selective as the key, and the check of each posting's entry then read every
-- entry that the customer ever had. The journal is written in the order of time, so block ranges are index enough.
drop index journal_entries_recent;
create index journal_entries_recent on journal_entries using brin (recorded_at);

-- Balances and stock are updated with every burn; with room on their pages an update touches no index.
alter table accounts set (fillfactor = 70);
alter table lots set (fillfactor = 70);
alter table holds set (fillfactor = 70);
alter table hold_draws set (fillfactor = 70);
alter table meter_buckets set (fillfactor = 70);
