import { may } from '../../domain/operator.ts';
// An invoice: Stripe's lines beside what each did to the pool, payments, earlier notes, and what may still be given back.
import { refuse } from '../../domain/rejection.ts';
import { type InvoiceView, readInvoiceView } from '../../operations/console/read-invoice-page.ts';
import type { ConsoleContext } from '../console-context.ts';
import { creditsText, day, instant, money, moneyText } from '../figures.ts';
import { customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, type Markup, p, small, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, empty, heading, panel, rows, tag } from '../parts.ts';
import { invoiceTag } from './customer.ts';
import { customerTitle } from './search.ts';

export const invoicePages: readonly PageRoute[] = [
  { method: 'get', path: '/invoices/:id', permission: 'case.read', answer: showInvoice },
];

type Line = InvoiceView['lines'][number];

async function showInvoice({ deps }: ConsoleContext, { base, params, session }: PageRequest): Promise<PageAnswer> {
  const view = await invoiceView(deps, params['id']);
  if ('rejected' in view) return view;
  const { customer, invoice } = view;
  const left = creditableMinor(view);
  const name = invoice.number ?? invoice.invoiceId;
  return {
    title: `Invoice ${name}`,
    at: '/',
    body: [
      crumbs(base, ['Customers', '/'], [customerTitle(customer), customerPath(customer.customerId)]),
      heading(`Invoice ${name}`, invoiceTag(invoice.status)),
      facts(view),
      figures(view, left),
      left > 0n && may(session.operator.roles, 'case.request')
        ? p(
            { class: 'actions' },
            a({ class: 'button primary', href: `${base}/invoices/${invoice.invoiceId}/credit` }, 'Credit this invoice'),
          )
        : p({ class: 'hint' }, whyNothingLeft(view, left)),
      panel('Lines, and what each did to the pool', lineRows(view)),
      div({ class: 'columns' }, panel('Payments', paymentRows(view)), panel('Credit notes', noteRows(view))),
    ],
  };
}

/** The invoice that an address names. */
export async function invoiceView(
  deps: ConsoleContext['deps'],
  id: string | undefined,
): ReturnType<typeof readInvoiceView> {
  if (id === undefined || !/^in_\w{1,250}$/.test(id)) return refuse('unknown_invoice', 'no invoice has this id');
  return readInvoiceView(deps, id);
}

/** What credit notes may still give back of the whole invoice. */
export function creditableMinor({ lines }: Pick<InvoiceView, 'lines'>): bigint {
  return lines.reduce((sum, line) => sum + line.creditableMinor, 0n);
}

function whyNothingLeft({ invoice }: InvoiceView, left: bigint): string {
  if (left > 0n) return 'Your role may look at this invoice and not credit it.';
  if (invoice.status === 'draft') return 'It is a draft still: nothing to credit before it is finalized.';
  if (invoice.status === 'void') return 'It is void: nothing is owed, and nothing can be credited.';
  return 'Nothing of it can be credited any more: it was credited before, or what it bought is spent.';
}

function facts({ invoice, customer }: InvoiceView): Markup {
  return dl(
    { class: 'facts' },
    div(null, dt(null, 'Customer'), dd(null, customerTitle(customer))),
    div(null, dt(null, 'Created'), dd(null, instant(invoice.createdAt))),
    invoice.paidAt === null ? null : div(null, dt(null, 'Paid'), dd(null, instant(invoice.paidAt))),
    div(null, dt(null, 'Period'), dd(null, day(invoice.periodStart), ' to ', day(invoice.periodEnd))),
    div(null, dt(null, 'Stripe'), dd(null, code(null, invoice.invoiceId))),
  );
}

function figures({ invoice }: InvoiceView, left: bigint): Markup {
  const figure = (name: string, minor: bigint, words: string): Markup =>
    div(null, dt(null, name), dd(null, strong(null, money(minor, invoice.currency)), ' ', words));
  return dl(
    { class: 'figures' },
    figure(
      'Total',
      invoice.totalMinor,
      invoice.taxMinor === 0n ? 'no tax' : `with ${moneyText(invoice.taxMinor, invoice.currency)} tax`,
    ),
    figure('Still to be paid', invoice.amountRemainingMinor, 'by the customer'),
    figure('Still creditable', left, 'by credit notes'),
  );
}

function lineRows(view: InvoiceView): Markup {
  const { currency } = view.invoice;
  return rows<Line>(
    'Lines of the invoice',
    [
      { name: 'Line', show: ({ description, kind }) => description ?? kind },
      { name: 'Amount', numeric: true, show: (line) => amount(line, currency) },
      { name: 'What it did to the pool', show: (line) => effect(view, line) },
      { name: 'Still creditable', numeric: true, show: (line) => money(line.creditableMinor, currency) },
    ],
    view.lines,
  );
}

function amount(line: Line, currency: string): Markup {
  const off = line.discountsMinor + line.creditsAppliedMinor;
  return div(
    null,
    money(line.amountMinor, currency),
    off === 0n ? null : small(null, `${moneyText(off, currency)} paid by credits or discounts`),
    line.taxMinor === 0n ? null : small(null, `${moneyText(line.taxMinor, currency)} tax`),
  );
}

/** "10,000 given, 380 spent, 9,620 left": of the lots that the line opened, or of the usage that it bills. */
function effect({ settled }: InvoiceView, { kind, lots }: Line): string {
  if (kind === 'usage') {
    if (settled === null) return 'Bills usage of the period.';
    return `${creditsText(settled.lotsPaid)} were paid by lots, ${creditsText(settled.overage)} past them are billed.`;
  }
  if (lots.length === 0) return kind === 'base' ? 'Includes no credits.' : 'Nothing.';
  return lots
    .map(({ granted, drawn, held, frozen, ended }) => {
      const left = granted - drawn - held - frozen - ended;
      const parts = [
        [drawn, 'spent'],
        [held, 'held'],
        [frozen, 'frozen'],
        [ended, 'expired or taken back'],
      ] as const;
      const went = parts
        .filter(([credits]) => credits > 0n)
        .map(([credits, how]) => `, ${creditsText(credits)} ${how}`);
      return `${creditsText(granted)} given${went.join('')}, ${creditsText(left)} left.`;
    })
    .join(' ');
}

function paymentRows({ payments, invoice }: InvoiceView): Markup {
  if (payments.length === 0) return empty('Nothing is paid through Stripe.');
  return rows<InvoiceView['payments'][number]>(
    'Payments',
    [
      { name: 'Payment', show: ({ paymentId }) => code(null, paymentId) },
      { name: 'When', show: ({ paidAt }) => (paidAt === null ? '–' : instant(paidAt)) },
      { name: 'Amount', numeric: true, show: ({ amountMinor }) => money(amountMinor, invoice.currency) },
      { name: 'State', show: ({ status }) => tag(status, status === 'paid' ? 'good' : 'plain') },
    ],
    payments,
  );
}

function noteRows({ creditNotes }: InvoiceView): Markup {
  if (creditNotes.length === 0) return empty('None so far.');
  return rows<InvoiceView['creditNotes'][number]>(
    'Credit notes',
    [
      { name: 'Note', show: ({ number, creditNoteId }) => number ?? code(null, creditNoteId) },
      { name: 'Issued', show: ({ createdAt }) => day(createdAt) },
      { name: 'Total', numeric: true, show: ({ totalMinor, currency }) => money(totalMinor, currency) },
      { name: 'State', show: ({ status }) => tag(status, status === 'void' ? 'bad' : 'good') },
    ],
    creditNotes,
  );
}
