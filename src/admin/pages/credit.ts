// Step 1 of a credit note: lines and amounts, the reason and its ticket, where the money goes. Step 2 is the case.
import type { Rejection } from '../../domain/rejection.ts';
import type { InvoiceView } from '../../operations/console/read-invoice-page.ts';
import type { ConsoleContext } from '../console-context.ts';
import { money, moneyField, moneyText, parseMoney } from '../figures.ts';
import { choiceField, longField, mistakes, once, type Option, radios, textField, type Typed } from '../forms.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, div, fieldset, input, label, legend, type Markup, p, small, span } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, panel, postForm, problem, submit } from '../parts.ts';
import { CASE_WORDS } from '../words.ts';
import { creditableMinor, invoiceView } from './invoice.ts';
import { openFromForm } from './open-from-form.ts';
import { customerTitle } from './search.ts';

export const creditPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/invoices/:id/credit',
    permission: 'case.request',
    answer: async (context, request) => showForm(context, request, { values: request.query, rejected: null }),
  },
  { method: 'post', path: '/invoices/:id/credit', permission: 'case.request', answer: openCredit },
];

const KINDS = ['billing_error', 'product_unsatisfactory', 'order_change', 'fraudulent'] as const;

async function showForm({ deps }: ConsoleContext, request: PageRequest, typed: Typed): Promise<PageAnswer> {
  const view = await invoiceView(deps, request.params['id']);
  if ('rejected' in view) return view;
  const { invoice, customer } = view;
  const name = invoice.number ?? invoice.invoiceId;
  const path = `/invoices/${invoice.invoiceId}`;
  return {
    title: `Credit invoice ${name}`,
    at: '/',
    ...(typed.rejected !== null && { status: 422 }),
    body: [
      crumbs(
        request.base,
        ['Customers', '/'],
        [customerTitle(customer), customerPath(customer.customerId)],
        [`Invoice ${name}`, path],
      ),
      heading(`Credit invoice ${name}`),
      creditableMinor(view) === 0n
        ? problem('Nothing of this invoice can be credited any more.')
        : creditForm(request, view, typed),
    ],
  };
}

function creditForm(request: PageRequest, view: InvoiceView, typed: Typed): Markup {
  const path = `/invoices/${view.invoice.invoiceId}`;
  return div(
    null,
    p({ class: 'lead' }, 'Step 1 of 2. Nothing happens before you have seen what it does to money, credits and books.'),
    mistakes(typed),
    panel(
      'What is credited, and why',
      postForm(
        request,
        `${path}/credit`,
        once(typed),
        div(
          { class: 'fields' },
          lineFields(view, typed),
          choiceField(
            { name: 'kind', label: 'Reason' },
            KINDS.map((kind) => [kind, CASE_WORDS[kind]]),
            typed,
          ),
          textField({ name: 'ticket', label: 'Ticket', required: true, note: 'The number in your help desk.' }, typed),
          radios({ name: 'settle_as', label: 'Where the money goes' }, settlements(view), typed),
          longField({ name: 'memo', label: 'Printed on the credit note (may stay empty)' }, typed),
          label(
            { class: 'choice' },
            input({ type: 'checkbox', name: 'email', value: '1', defaultChecked: typed.values.get('email') === '1' }),
            span(null, 'Stripe mails the credit note to the customer'),
          ),
          div({ class: 'pager' }, submit('Preview'), a({ class: 'button', href: `${request.base}${path}` }, 'Cancel')),
        ),
      ),
    ),
  );
}

function lineFields({ lines, invoice }: InvoiceView, { values, rejected }: Typed): Markup {
  const open = lines.filter(({ creditableMinor: left }) => left > 0n);
  const wrong =
    rejected !== null && 'param' in rejected && ['lines', 'line', 'amount_minor'].includes(rejected.param ?? '');
  const ticked = values.getAll('line');
  return fieldset(
    { id: 'lines' },
    legend(null, 'Lines'),
    ...open.map(({ lineId, description, kind, creditableMinor: left }) => {
      const isTicked = ticked.length === 0 ? open.length === 1 : ticked.includes(lineId);
      const words = description ?? kind;
      return div(
        { class: 'line' },
        label(
          { class: 'choice' },
          input({ type: 'checkbox', name: 'line', value: lineId, defaultChecked: isTicked }),
          span(null, words, small(null, 'at most ', money(left, invoice.currency))),
        ),
        input({
          type: 'text',
          inputMode: 'decimal',
          name: `amount_${lineId}`,
          'aria-label': `Amount for ${words}, in ${invoice.currency.toUpperCase()}`,
          'aria-invalid': wrong,
          defaultValue: values.get(`amount_${lineId}`) ?? moneyField(left, invoice.currency),
        }),
      );
    }),
  );
}

/** What the invoice's state allows; Stripe splits a note by what is still open by itself. */
function settlements({ invoice }: InvoiceView): readonly Option[] {
  const open = invoice.amountRemainingMinor;
  const paid: readonly Option[] = [
    ['refund', 'Refund', 'back to the card or account it was paid with'],
    ['customer_balance', 'Customer’s balance at Stripe', 'money that the next invoice takes off; not credits'],
    ['out_of_band', 'Paid back outside Stripe', 'you have sent, or will send, the money yourself'],
  ];
  if (invoice.status !== 'open') return paid;
  return [
    ['reduce_due', 'Less to pay', `of the ${moneyText(open, invoice.currency)} that are still open`],
    ...(open < invoice.totalMinor ? paid : []),
  ];
}

async function openCredit(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, params } = request;
  const again = async (rejected: Rejection): Promise<PageAnswer> =>
    showForm(context, request, { values: form, rejected });
  const view = await invoiceView(context.deps, params['id']);
  if ('rejected' in view) return view;
  const lines = namedLines(view, form);
  if (!Array.isArray(lines)) return again(lines as Rejection);
  const opened = await openFromForm(context, request, {
    customer: view.customer.stripeCustomerId,
    kind: form.get('kind'),
    ticket: form.get('ticket')?.trim() || null,
    invoice: view.invoice.invoiceId,
    outcome: {
      type: 'credit_note',
      lines,
      settle_as: form.get('settle_as'),
      email_customer: form.get('email') === '1',
      ...(form.get('memo')?.trim() && { memo: form.get('memo')?.trim() }),
    },
  });
  return 'rejected' in opened ? again(opened.rejected) : { to: casePath(opened.caseId) };
}

/** The ticked lines with their amounts in minor units; or what is wrong with one of them. */
function namedLines(
  { lines, invoice }: InvoiceView,
  form: URLSearchParams,
): readonly { readonly line: string; readonly amount_minor: number }[] | Rejection {
  const ticked = lines.filter(({ lineId }) => form.getAll('line').includes(lineId));
  if (ticked.length === 0) return { code: 'invalid_request', message: 'tick at least one line', param: 'lines' };
  const named: { line: string; amount_minor: number }[] = [];
  for (const { lineId, description, kind, creditableMinor: left } of ticked) {
    const amount = parseMoney(form.get(`amount_${lineId}`) ?? '', invoice.currency);
    const words = description ?? kind;
    if (amount === null || amount === 0n) {
      const message = `write an amount such as ${moneyField(left, invoice.currency)} for ${words}`;
      return { code: 'invalid_request', message, param: 'lines' };
    }
    if (amount > left) {
      const most = moneyText(left, invoice.currency);
      const asked = moneyText(amount, invoice.currency);
      const message = `only ${most} of ${words} can be credited, not ${asked}; what is spent stays charged`;
      return { code: 'not_creditable', message, param: 'lines' };
    }
    named.push({ line: lineId, amount_minor: Number(amount) });
  }
  return named;
}
