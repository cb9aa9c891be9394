-- Why: a draft that the gate holds goes out by a person's decision, and who decided, how and why must stay to be read.
alter table settlements
  add column decision text constraint settlements_decision check (decision in ('accept', 'correct')),
  add column decided_by text,
  add column decision_reason text,
  add constraint settlements_decided_by_somebody check ((decision is null) = (decided_by is null)),
  add constraint settlements_decided_with_reason check ((decision is null) = (decision_reason is null));
