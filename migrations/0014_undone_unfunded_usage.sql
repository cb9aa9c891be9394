-- Why: usage that nobody has paid may be wrong too. Undoing it posts nothing, since nothing was posted; it only waits no longer.
alter table usage_reversals alter column entry_id drop not null;
