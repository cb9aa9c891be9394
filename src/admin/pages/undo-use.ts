// Step 1 of undoing usage: which events, why, and the ticket. Step 2 is the case with its preview.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { laneOfId } from '../../domain/lane-id.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { type NamedUsage, readNamedUsage } from '../../operations/console/read-named-usage.ts';
import { readCustomer } from '../../operations/read-customer.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, instant } from '../figures.ts';
import { choiceField, longField, mistakes, once, textField, type Typed } from '../forms.ts';
import { casePath, customerPath, namedCustomer } from '../ids.ts';
import { a, code, div, input, p } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, panel, postForm, rows, submit } from '../parts.ts';
import { CASE_WORDS } from '../words.ts';
import { openFromForm } from './open-from-form.ts';
import { customerTitle } from './search.ts';

export const undoUsePages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/customers/:id/undo-use',
    permission: 'case.request',
    answer: async (context, request) => showForm(context, request, { values: request.query, rejected: null }),
  },
  { method: 'post', path: '/customers/:id/undo-use', permission: 'case.request', answer: open },
];

const KINDS = ['duplicate_usage', 'failed_output'] as const;

async function showForm({ deps }: ConsoleContext, request: PageRequest, typed: Typed): Promise<PageAnswer> {
  const { base, params } = request;
  const name = namedCustomer(params['id']);
  if (typeof name !== 'string') return name;
  const statement = await readCustomer(deps, name);
  if ('rejected' in statement) return statement;
  const { customer } = statement;
  const ids = typed.values.getAll('event').map((id) => fromWireId('usage', id));
  const known = ids.filter((id) => id !== null && laneOfId(id) === customer.lane) as readonly string[];
  const usage = await readNamedUsage(deps, customer, known);
  if (usage.length === 0)
    return refuse('unknown_usage_event', 'name a usage event of this customer: open a line of his timeline');
  return {
    title: 'Undo usage',
    at: '/',
    ...(typed.rejected !== null && { status: 422 }),
    body: [
      crumbs(base, ['Customers', '/'], [customerTitle(customer), customerPath(customer.customerId)]),
      heading('Undo usage'),
      p(
        { class: 'lead' },
        'Step 1 of 2. Nothing happens before you have seen what it does to money, credits and books.',
      ),
      mistakes(typed),
      panel('Usage that is undone', usageRows(usage)),
      panel(
        'Why',
        postForm(
          request,
          `${customerPath(customer.customerId)}/undo-use`,
          once(typed),
          ...usage.map(({ usageEventId }) =>
            input({ type: 'hidden', name: 'event', value: toWireId('usage', usageEventId) }),
          ),
          div(
            { class: 'fields' },
            choiceField(
              { name: 'kind', label: 'What went wrong' },
              KINDS.map((kind) => [kind, CASE_WORDS[kind]]),
              typed,
            ),
            textField(
              { name: 'ticket', label: 'Ticket', required: true, note: 'The number in your help desk.' },
              typed,
            ),
            longField({ name: 'explanation', label: 'What happened (may stay empty)' }, typed),
            div(
              { class: 'pager' },
              submit('Preview'),
              a({ class: 'button', href: base + customerPath(customer.customerId) }, 'Cancel'),
            ),
          ),
        ),
      ),
    ],
  };
}

function usageRows(usage: readonly NamedUsage[]) {
  return rows<NamedUsage>(
    'Usage that is undone',
    [
      { name: 'Event', show: ({ eventId }) => code(null, eventId) },
      { name: 'Action', show: ({ action }) => action },
      { name: 'When', show: ({ occurredAt }) => instant(occurredAt) },
      { name: 'Credits', numeric: true, show: (event) => credits(event.credits) },
    ],
    usage,
  );
}

async function open(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, params } = request;
  const again = async (rejected: Rejection): Promise<PageAnswer> =>
    showForm(context, request, { values: form, rejected });
  const opened = await openFromForm(context, request, {
    customer: params['id'],
    kind: form.get('kind'),
    ticket: form.get('ticket')?.trim() || null,
    usage_events: form.getAll('event'),
    explanation: form.get('explanation')?.trim() || null,
    outcome: { type: 'restore_credits' },
  });
  return 'rejected' in opened ? again(opened.rejected) : { to: casePath(opened.caseId) };
}
