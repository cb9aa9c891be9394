-- Why (numbered after the index that it replaces): lane is a function of the customer, and the planner does not know it. It takes any index on (lane, customer_id, …)
-- for as selective as the primary key, and of equals it takes the one made last: the check of each posting's entry then
-- read every entry that the customer ever had. The timeline's index is the same without the lane, and the planner is told.
drop index if exists journal_entries_newest;
create index journal_entries_newest on journal_entries (customer_id, effective_at, entry_id);

create statistics journal_entries_lane (dependencies) on lane, customer_id from journal_entries;
create statistics lots_lane (dependencies) on lane, customer_id from lots;
create statistics holds_lane (dependencies) on lane, customer_id from holds;
create statistics pools_lane (dependencies) on lane, customer_id from pools;
create statistics billing_periods_lane (dependencies) on lane, customer_id from billing_periods;
