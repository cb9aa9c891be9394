-- Why: a clearing account returns to zero; who has one that does not is found without reading everybody's accounts.
create index accounts_clearing on accounts (kind) where balance <> 0
  and kind in ('refund_clearing', 'out_of_band_clearing', 'disputed');
