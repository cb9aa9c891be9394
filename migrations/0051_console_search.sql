-- Why: a support agent types whatever the customer wrote. What he types is looked up exactly or by its beginning, each by
-- an index, so that the search stays quick with a million customers.

create index customers_email on customers (lower(email) text_pattern_ops);
create index customers_name on customers (lower(name) text_pattern_ops);
create index invoices_number on invoices (upper(number));
create index credit_notes_by_id on credit_notes (credit_note_id);
create index credit_notes_number on credit_notes (upper(number));
create index cases_ticket on cases (lower(ticket));
create index credit_note_requests_ticket on credit_note_requests (lower(ticket));
-- The timeline reads backwards by when things happened.
create index journal_entries_newest on journal_entries (lane, customer_id, effective_at, entry_id);
