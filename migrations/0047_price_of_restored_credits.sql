-- Why: credits that come back from a lot that is gone take their price with them, and of that lot they were drawn, not ended.
alter table lots drop constraint lots_moved;
alter table lots add constraint lots_moved check (moved between 0 and drawn + ended) not valid;
alter table lots validate constraint lots_moved;
