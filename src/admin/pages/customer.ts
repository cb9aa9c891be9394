import { toWireId } from '../../contract/ids.ts';
import { may } from '../../domain/operator.ts';
import type { Refused } from '../../domain/rejection.ts';
import { type CustomerView, readCustomerView } from '../../operations/console/read-customer-page.ts';
import { readTimeline } from '../../operations/console/read-timeline.ts';
import type { ConsoleContext } from '../console-context.ts';
import { countText, credits, creditsText, day, instant, money } from '../figures.ts';
import { namedCustomer } from '../ids.ts';
import { a, code, dd, details, div, dl, dt, type Markup, p, pre, strong, summary } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, empty, heading, panel, rows, tag } from '../parts.ts';
import { policyMatrix } from '../public/plan-page.ts';
import { customerText, owedSentence, whySentence } from '../why.ts';
import { TIMELINE_FILTERS, type TimelineFilter } from '../words.ts';
import { lotBars } from './customer-lots.ts';
import { timelinePanel } from './customer-timeline.ts';
import { customerTitle } from './search.ts';

export const customerPages: readonly PageRoute[] = [
  { method: 'get', path: '/customers/:id', permission: 'case.read', answer: showCustomer },
];

const LINES_SHOWN = 25;
const SOON_MS = 30 * 86_400_000;

async function showCustomer(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, params, query } = request;
  const name = namedCustomer(params['id']);
  if (typeof name !== 'string') return name;
  const view = await readCustomerView(context, name);
  if ('rejected' in view) return view;
  const filter = toFilter(query.get('show'));
  const before = query.get('before');
  const timeline = await timelinePage(context, name, { filter, before });
  if ('rejected' in timeline) return timeline;
  const { customer } = view;
  return {
    title: customerTitle(customer),
    at: '/',
    body: [
      crumbs(base, ['Customers', '/']),
      heading(customerTitle(customer), ...tags(view)),
      facts(view),
      balanceFigures(view),
      why(view),
      actions(request, view),
      div(
        { class: 'columns' },
        div(
          null,
          panel('Lots in the order they are drawn', lotBars(view)),
          timelinePanel({ base, customerId: customer.customerId, filter, before, ...timeline }),
        ),
        div(null, invoicesPanel(base, view), membersPanel(view), policyPanel(view)),
      ),
    ],
  };
}

function toFilter(text: string | null): TimelineFilter | null {
  return text !== null && text in TIMELINE_FILTERS ? (text as TimelineFilter) : null;
}

async function timelinePage(
  { deps }: ConsoleContext,
  customer: string,
  { filter, before }: { readonly filter: TimelineFilter | null; readonly before: string | null },
): Promise<Exclude<Awaited<ReturnType<typeof readTimeline>>, Refused> | Refused> {
  const kinds = filter === null ? null : TIMELINE_FILTERS[filter].kinds;
  // What accountants count each day is a filter of its own: it would bury what happened to the customer.
  const without = filter === 'revenue' ? [] : ['revenue%', 'usage.accrued', 'usage.written_off'];
  const isEntry = before !== null && /^[0-9a-f-]{36}$/.test(before);
  return readTimeline(deps, { customer, kinds, without, before: isEntry ? before : null, limit: LINES_SHOWN });
}

function tags({ customer, balance, subscriptions }: CustomerView): readonly Markup[] {
  const overdue = subscriptions.some(({ status }) => status === 'past_due' || status === 'unpaid');
  return [
    ...(balance.plan === null ? [] : [tag(`Plan ${balance.plan}`)]),
    ...(overdue ? [tag('Past due', 'bad')] : []),
    ...(balance.poolState === 'blocked' ? [tag('Blocked', 'bad')] : []),
    ...(customer.deletedAt === null ? [] : [tag('Deleted at Stripe', 'warn')]),
  ];
}

function facts({ customer, balance }: CustomerView): Markup {
  const known = [
    ['E-mail', customer.email],
    ['Your id', customer.externalId],
    ['Stripe', customer.stripeCustomerId],
    ['Ours', toWireId('customer', customer.customerId)],
  ] as const;
  return dl(
    { class: 'facts' },
    ...known.flatMap(([name, value]) =>
      value === null ? [] : [div(null, dt(null, name), dd(null, code(null, value)))],
    ),
    ...(balance.period === null
      ? []
      : [div(null, dt(null, 'Period'), dd(null, day(balance.period.startsAt), ' to ', day(balance.period.endsAt)))]),
  );
}

function balanceFigures({ balance, customer }: CustomerView): Markup {
  const soon = new Date(balance.asOf.getTime() + SOON_MS);
  const expiring = balance.lots
    .filter(({ expiresAt, open }) => open && expiresAt !== null && expiresAt <= soon)
    .reduce((sum, { left }) => sum + left, 0n);
  const owed = balance.debt + balance.unfunded + balance.overage;
  const atStripe = -customer.stripeBalanceMinor;
  return dl(
    { class: 'figures' },
    figure('Available', credits(balance.available), 'credits'),
    figure('Held', credits(balance.held), 'for work that runs'),
    figure('Expiring in 30 days', credits(expiring), 'of the available'),
    ...(owed === 0n ? [] : [figure('Owed', credits(owed), 'used past the lots')]),
    ...(atStripe === 0n
      ? []
      : [figure('Balance at Stripe', money(atStripe, customer.currency ?? 'usd'), 'money, not credits')]),
  );
}

function figure(name: string, value: Markup, unit: string): Markup {
  return div(null, dt(null, name), dd(null, strong(null, value), ' ', unit));
}

function why({ balance, explanation }: CustomerView): Markup {
  if (explanation === null) {
    return empty('This customer has no pool yet: no plan of ours, and no credits.');
  }
  const owed = owedSentence(balance);
  return div(
    { class: 'why' },
    p(null, strong(null, 'Why is it this? '), whySentence(explanation)),
    owed === null ? null : p({ class: 'owed' }, owed),
    p({ class: 'as-of' }, 'As of ', instant(balance.asOf), '.'),
    details(
      null,
      summary(null, 'Text for the customer'),
      pre({ class: 'letter', tabIndex: 0 }, customerText(explanation)),
    ),
  );
}

function actions({ base, session }: PageRequest, { customer, balance }: CustomerView): Markup {
  if (balance.unit === null || !may(session.operator.roles, 'case.request')) return null;
  const href = `${base}/customers/${toWireId('customer', customer.customerId)}/goodwill`;
  return p({ class: 'actions' }, a({ class: 'button primary', href }, 'Give goodwill'));
}

function invoicesPanel(base: string, { invoices }: CustomerView): Markup {
  if (invoices.length === 0) return panel('Invoices', empty('None yet. Stripe reports each within seconds.'));
  return panel(
    'Invoices',
    rows<CustomerView['invoices'][number]>(
      'Invoices, newest first',
      [
        {
          name: 'Invoice',
          show: ({ invoiceId, number }) => a({ href: `${base}/invoices/${invoiceId}` }, number ?? invoiceId),
        },
        { name: 'Date', show: ({ createdAt }) => day(createdAt) },
        { name: 'Total', numeric: true, show: ({ totalMinor, currency }) => money(totalMinor, currency) },
        { name: 'State', show: ({ status }) => invoiceTag(status) },
      ],
      invoices,
    ),
  );
}

export function invoiceTag(status: string): Markup {
  const kinds = { paid: 'good', open: 'warn', uncollectible: 'bad' } as const;
  return tag(status, status in kinds ? kinds[status as keyof typeof kinds] : 'plain');
}

function membersPanel({ balance }: CustomerView): Markup {
  if (balance.members.length === 0) return null;
  return panel(
    'Members',
    rows<CustomerView['balance']['members'][number]>(
      `${countText(balance.members.length, 'member')} with a pool each`,
      [
        { name: 'Member', show: ({ member }) => member },
        { name: 'Available', numeric: true, show: ({ available }) => creditsText(available) },
      ],
      balance.members,
    ),
  );
}

/** The rules of the very version that this customer has. */
function policyPanel({ balance: { policy } }: CustomerView): Markup {
  if (policy === null) return null;
  return panel(`Rules of ${policy.name}, version ${policy.version}`, policyMatrix(policy.rules));
}
