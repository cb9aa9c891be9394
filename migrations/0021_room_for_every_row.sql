-- Why: a batch changes most rows of a page at once, since pools are used together. With 30 % of a page free it was full
-- half-way, and the rest of its rows moved to other pages and wrote every index again (2.4 WAL records for each changed
-- account instead of 1).
alter table accounts set (fillfactor = 45);
alter table lots set (fillfactor = 45);
alter table pools set (fillfactor = 45);
alter table meter_buckets set (fillfactor = 45);
