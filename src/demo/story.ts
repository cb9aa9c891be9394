import { table } from '../cli/output.ts';
import type { Figures } from './figures.ts';

/** The closing table for people. */
export function closingTable(figures: Figures): string {
  const { usage, stripe, invoice, credit_note: note, ledger, reconciliation } = figures;
  const form = new Intl.NumberFormat('en-US', { style: 'currency', currency: invoice.currency });
  const scale = 10 ** (form.resolvedOptions().maximumFractionDigits ?? 2);
  const money = (minor: number): string => form.format(minor / scale);
  const rows = [
    ['usage', `${usage.events} events, ${usage.credits} credits, ${usage.rejected} rejected`],
    [
      'Stripe',
      `${stripe.meter_events} meter events for ${stripe.meter_quantity} credits, ${counted(stripe.credit_grants, 'credit grant')}, ${stripe.webhooks_applied} webhooks applied`,
    ],
    [
      'invoice',
      `fee ${money(invoice.base_minor)} + usage ${money(invoice.usage_minor)} − credits ${money(invoice.credits_applied_minor)} = ${money(invoice.total_minor)}`,
    ],
    [
      'credit note',
      note === null
        ? `none: ${figures.credit_note_reason ?? ''}`
        : `${money(note.amount_minor)} to the ${note.settled_as.replace('_', ' ')}`,
    ],
    ['ledger', `${ledger.entries} entries, ${ledger.verified ? 'verified' : 'NOT verified'}`],
    ['reconciliation', `${reconciliation.checks} checks, ${reconciliation.unexplained} unexplained`],
    ['took', `${figures.seconds} s`],
  ];
  return table(['SANDBOX', ''], rows);
}

/** Everything that does not tie, in sentences; empty when all does. */
export function loose({ figures, rows }: { readonly figures: Figures; readonly rows: number }): readonly string[] {
  const { usage, stripe, invoice, ledger, reconciliation } = figures;
  return [
    ...(usage.events + usage.rejected === rows
      ? []
      : [`${rows} rows in the file, ${usage.events} applied and ${usage.rejected} rejected`]),
    ...(usage.credits === stripe.meter_quantity
      ? []
      : [`${usage.credits} credits in the ledger, ${stripe.meter_quantity} on Stripe's meter`]),
    ...(invoice.base_minor + invoice.usage_minor - invoice.credits_applied_minor === invoice.total_minor
      ? []
      : [`the invoice's parts do not make ${invoice.total_minor}`]),
    ...(ledger.verified ? [] : ['the ledger does not verify']),
    ...(reconciliation.unexplained === 0 ? [] : [`${reconciliation.unexplained} variances are unexplained`]),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
