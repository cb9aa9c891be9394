// Goodwill: within one's limits it is given at once and can be undone for a while; above them it becomes a request.
import { formatCredits } from '../../domain/amount.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { submitCase } from '../../operations/cases/submit-case.ts';
import { type GoodwillView, readGoodwillView } from '../../operations/console/read-goodwill-page.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, creditsText } from '../figures.ts';
import { dateField, longField, mistakes, once, textField, type Typed } from '../forms.ts';
import { casePath, customerPath, namedCustomer } from '../ids.ts';
import { a, div, li, type Markup, p, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, panel, postForm, submit } from '../parts.ts';
import { openFromForm } from './open-from-form.ts';
import { customerTitle } from './search.ts';

export const goodwillPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/customers/:id/goodwill',
    permission: 'case.request',
    answer: async (context, request) => showForm(context, request, { values: request.query, rejected: null }),
  },
  { method: 'post', path: '/customers/:id/goodwill', permission: 'case.request', answer: give },
];

const DAY_MS = 86_400_000;
const LASTS_DAYS = 90;

async function showForm({ deps }: ConsoleContext, request: PageRequest, typed: Typed): Promise<PageAnswer> {
  const name = namedCustomer(request.params['id']);
  if (typeof name !== 'string') return name;
  const view = await readGoodwillView(deps, request.acting, name);
  if ('rejected' in view) return view;
  const { customer } = view;
  const path = customerPath(customer.customerId);
  const until = new Date(view.now.getTime() + LASTS_DAYS * DAY_MS).toISOString().slice(0, 10);
  return {
    title: 'Give goodwill',
    at: '/',
    ...(typed.rejected !== null && { status: 422 }),
    body: [
      crumbs(request.base, ['Customers', '/'], [customerTitle(customer), path]),
      heading(`Goodwill for ${customerTitle(customer)}`),
      mistakes(typed),
      panel(
        'Credits as goodwill',
        budget(view),
        postForm(
          request,
          `${path}/goodwill`,
          once(typed),
          div(
            { class: 'fields' },
            textField(
              {
                name: 'credits',
                label: 'Credits',
                required: true,
                inputMode: 'decimal',
                note: 'Pool credits, not money: they never go to Stripe’s customer balance.',
              },
              typed,
            ),
            quickPicks(request, view),
            textField(
              { name: 'ticket', label: 'Ticket', required: true, note: 'The number in your help desk.' },
              typed,
            ),
            longField({ name: 'explanation', label: 'What happened (may stay empty)' }, typed),
            dateField(
              { name: 'expires', label: 'Can be used until', note: 'The end of this day, UTC. Empty: never expires.' },
              typed,
              until,
            ),
            div(
              { class: 'pager' },
              submit('Give these credits'),
              a({ class: 'button', href: request.base + path }, 'Cancel'),
            ),
          ),
        ),
      ),
    ],
  };
}

function budget({ rules, monthLeft }: GoodwillView): Markup {
  return p(
    { class: 'hint' },
    `You may give ${creditsText(rules.creditsItem)} credits at once without a second person. Left of your goodwill this month: `,
    credits(monthLeft),
    '. Within that it is given at once, and you can undo it for 15 minutes while unspent.',
  );
}

/** What recent uses cost, as amounts to pick. */
function quickPicks({ base }: PageRequest, { customer, recent }: GoodwillView): Markup {
  if (recent.length === 0) return null;
  return div(
    { class: 'picks' },
    p(null, 'Or what a recent use cost:'),
    ul(
      null,
      ...recent.map(({ action, credits: cost }) =>
        li(
          null,
          a(
            { href: `${base}${customerPath(customer.customerId)}/goodwill?credits=${formatCredits(cost)}` },
            `${creditsText(cost)} for ${action}`,
          ),
        ),
      ),
    ),
  );
}

async function give(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, params, acting } = request;
  const again = async (rejected: Rejection): Promise<PageAnswer> =>
    showForm(context, request, { values: form, rejected });
  const day = form.get('expires') ?? '';
  const opened = await openFromForm(context, request, {
    customer: params['id'],
    kind: 'goodwill',
    ticket: form.get('ticket')?.trim() || null,
    explanation: form.get('explanation')?.trim() || null,
    outcome: {
      type: 'adjust_future_usage',
      credits: form.get('credits')?.trim().replaceAll(',', ''),
      ...(day !== '' && { expires_at: `${day}T23:59:59Z` }),
    },
  });
  if ('rejected' in opened) return again(opened.rejected);
  const submitted = await submitCase(context.deps, acting, { caseId: opened.caseId });
  // The case stands, and its page says why it does not go on.
  if (!('rejected' in submitted)) context.wake('outbox');
  return { to: casePath(opened.caseId) };
}
