-- A note that had to wait gives its usage back when it is issued, whoever looks: what is done is marked.
alter table credit_note_requests add column usage_reversed_at timestamptz;
create index credit_note_requests_owing_usage on credit_note_requests (lane, credit_note_request_id)
  where state <> 'refused' and usage_reversed_at is null and request -> 'reverseUsageEventIds' is not null;
