import {
  array,
  decimal,
  emptyable,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  timestamp,
  word,
  type Values,
  unsupported,
} from './parameters.ts';

const line = object({
  type: required(oneOf('invoice_line_item', 'custom_line_item')),
  amount: integer(),
  description: text(),
  invoice_line_item: word(),
  metadata: metadata(),
  quantity: integer(0),
  tax_amounts: unsupported(),
  tax_rates: array(word()),
  unit_amount: integer(),
  unit_amount_decimal: decimal(),
});

export const creditNoteShape = {
  invoice: required(word()),
  amount: integer(1),
  credit_amount: integer(0),
  effective_at: emptyable(timestamp()),
  email_type: oneOf('credit_note', 'none'),
  lines: array(line),
  memo: text(5000),
  metadata: metadata(),
  out_of_band_amount: integer(0),
  reason: oneOf('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'),
  refund_amount: integer(0),
  refunds: array(
    object({ refund: word(), amount_refunded: integer(0), type: word(), payment_record_refund: unsupported() }),
  ),
  shipping_cost: unsupported(),
};
export type CreditNoteFacts = Values<typeof creditNoteShape>;
export type CreditNoteLineFacts = NonNullable<CreditNoteFacts['lines']>[number];
