/** Uses of a span that stood, and captures of holds: whose, what, when, how many credits. `$1` and `$2` are the span. */
export const STOOD_USE = `select e.lane, e.customer_id, b.feature, e.action, e.occurred_at as at, e.credits
   from usage_events e join burn_rates b on b.burn_rate_id = e.burn_rate_id
   where e.lane between 0 and 63 and e.outcome <> 'observed' and e.occurred_at >= $1 and e.occurred_at < $2
     and not exists (select from usage_reversals r where r.lane = e.lane and r.lane between 0 and 63
       and r.customer_id = e.customer_id and r.usage_event_id = e.usage_event_id)
   union all
   select c.lane, c.customer_id, h.feature, h.action, c.captured_at, c.amount
   from hold_captures c
   join holds h on h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id
   where c.lane between 0 and 63 and h.lane between 0 and 63 and c.captured_at >= $1 and c.captured_at < $2`;
