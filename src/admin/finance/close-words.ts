/** Where each proof of the close can be looked at; what to do about it stands there. */
const PATHS: Readonly<Record<string, (month: string) => string>> = {
  earlier_months: () => '/finance/close',
  events_applied: () => '/messages',
  messages_sent: () => '/messages',
  invoices_final: () => '/drafts',
  reconciled: () => '/finance/reconciliation',
  variances: () => '/finance/variances',
  cases_decided: () => '/approvals',
  lots_ended: (month) => `/finance/roll-forward?month=${month}#breakage`,
  deferred_ties: (month) => `/finance/roll-forward?month=${month}`,
  clearing_zero: (month) => `/finance/ledger?month=${month}&account=refund_clearing`,
  journal_exported: (month) => `/finance/exports?month=${month}`,
  journal_imported: (month) => `/finance/close?month=${month}#confirm`,
};

export function checkPath(key: string, month: string): string {
  return PATHS[key]?.(month) ?? `/finance/close?month=${month}#${key}`;
}
