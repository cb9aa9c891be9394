-- Why: three-decimal currencies are charged in tens; the item that rounds an invoice down belongs to no usage.
alter table invoice_lines drop constraint invoice_lines_kind;
alter table invoice_lines add constraint invoice_lines_kind
  check (kind in ('base', 'usage', 'pack', 'correction', 'rounding', 'other'));
