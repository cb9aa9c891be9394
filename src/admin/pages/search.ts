// The first page is one field that takes anything; what it finds is grouped, and a single find is opened at once.
import {
  findAnything,
  type Found,
  type FoundCustomer,
  type FoundDocument,
  type FoundTicket,
  type FoundUsage,
} from '../../operations/console/find-anything.ts';
import { listNewestCustomers } from '../../operations/console/list-newest-customers.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, instant } from '../figures.ts';
import { casePath, customerPath, entryPath, typedId } from '../ids.ts';
import { a, code, li, type Markup, p, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { empty, heading, panel, rows, tag } from '../parts.ts';

export const searchPages: readonly PageRoute[] = [
  { method: 'get', path: '/', permission: 'case.read', answer: start },
  { method: 'get', path: '/search', permission: 'case.read', answer: search },
];

const TEXT_MAX = 200;

async function start({ deps }: ConsoleContext, { base }: PageRequest): Promise<PageAnswer> {
  const newest = await listNewestCustomers(deps);
  return {
    title: 'Customers',
    at: '/',
    searchFirst: true,
    body: [
      heading('Customers'),
      p({ class: 'lead' }, 'Type what the customer wrote in the field above: it goes straight to what it names.'),
      newest.length === 0
        ? empty('No customers yet. They appear here when Stripe reports them.')
        : panel('Newest customers', customerRows(base, newest)),
    ],
  };
}

async function search({ deps }: ConsoleContext, { base, query }: PageRequest): Promise<PageAnswer> {
  const text = (query.get('q') ?? '').trim();
  if (text === '') return { to: '/' };
  if (text.length > TEXT_MAX || !text.isWellFormed() || /\p{Cc}/u.test(text)) return nothing(text.slice(0, 60));
  const found = await findAnything(deps, { text, id: typedId(text) });
  const only = onlyPlace(found);
  if (only !== null) return { to: only };
  const groups = foundGroups(base, found);
  if (groups.length === 0) return nothing(text);
  return { title: `Search: ${text}`, at: '/', body: [heading(`Found for “${text}”`), ...groups] };
}

function nothing(text: string): PageAnswer {
  return {
    title: 'Nothing found',
    at: '/',
    searchFirst: true,
    body: [
      heading('Nothing found'),
      empty(
        `No match for “${text}”. Try one of these:`,
        ul(
          null,
          li(null, 'an e-mail address or a name, or their beginning'),
          li(null, 'your own id of the customer, or Stripe’s: ', code(null, 'cus_… in_… cn_… sub_… pi_…')),
          li(null, 'the number on an invoice or a credit note'),
          li(null, 'the id of a usage event, as your system sent it'),
          li(null, 'a ticket number'),
        ),
      ),
    ],
  };
}

/** Where a single find leads; null when there is a choice. */
function onlyPlace({ customers, documents, usage, tickets, entryId, caseId }: Found): string | null {
  const places = [
    ...customers.map(({ customerId }) => customerPath(customerId)),
    ...documents.map(({ invoiceId }) => `/invoices/${invoiceId}`),
    ...usage.map((found) => (found.entryId === null ? customerPath(found.customerId) : entryPath(found.entryId))),
    ...tickets.map(ticketPlace),
    ...(entryId === null ? [] : [entryPath(entryId)]),
    ...(caseId === null ? [] : [casePath(caseId)]),
  ];
  const [only, ...more] = new Set(places);
  return only !== undefined && more.length === 0 ? only : null;
}

function ticketPlace({ caseId, invoiceId, customerId }: FoundTicket): string {
  if (caseId !== null) return casePath(caseId);
  return invoiceId === null ? customerPath(customerId) : `/invoices/${invoiceId}`;
}

function foundGroups(base: string, { customers, documents, usage, tickets }: Found): readonly Markup[] {
  return [
    ...(customers.length === 0 ? [] : [panel('Customers', customerRows(base, customers))]),
    ...(documents.length === 0 ? [] : [panel('Invoices and credit notes', documentRows(base, documents))]),
    ...(usage.length === 0 ? [] : [panel('Usage', usageRows(base, usage))]),
    ...(tickets.length === 0 ? [] : [panel('Tickets', ticketRows(base, tickets))]),
  ];
}

function customerRows(base: string, found: readonly FoundCustomer[]): Markup {
  return rows<FoundCustomer>(
    'Customers',
    [
      { name: 'Customer', show: (row) => a({ href: base + customerPath(row.customerId) }, customerTitle(row)) },
      { name: 'E-mail', show: ({ email }) => email ?? '–' },
      { name: 'Your id', show: ({ externalId }) => externalId ?? '–' },
      { name: 'Stripe', show: ({ stripeCustomerId }) => code(null, stripeCustomerId ?? '–') },
    ],
    found,
  );
}

/** What a customer is called where there is a name, and what it is known as where there is none. */
export function customerTitle({
  name,
  email,
  externalId,
  stripeCustomerId,
}: Omit<FoundCustomer, 'customerId'>): string {
  return name ?? email ?? externalId ?? stripeCustomerId ?? 'without a name';
}

function documentRows(base: string, found: readonly FoundDocument[]): Markup {
  return rows<FoundDocument>(
    'Invoices and credit notes',
    [
      { name: 'Document', show: ({ id, invoiceId }) => a({ href: `${base}/invoices/${invoiceId}` }, code(null, id)) },
      { name: 'Number', show: ({ number }) => number ?? '–' },
    ],
    found,
  );
}

function usageRows(base: string, found: readonly FoundUsage[]): Markup {
  return rows<FoundUsage>(
    'Usage events',
    [
      {
        name: 'Event',
        show: ({ entryId, customerId, eventId }) =>
          a({ href: base + (entryId === null ? customerPath(customerId) : entryPath(entryId)) }, eventId),
      },
      { name: 'Action', show: ({ action }) => action },
      { name: 'When', show: ({ occurredAt }) => instant(occurredAt) },
      { name: 'Credits', numeric: true, show: (row) => credits(row.credits) },
    ],
    found,
  );
}

function ticketRows(base: string, found: readonly FoundTicket[]): Markup {
  return rows<FoundTicket>(
    'Tickets',
    [
      {
        name: 'Ticket',
        show: (row) =>
          a({ href: base + ticketPlace(row) }, `${row.ticket}, ${row.caseId === null ? 'credit note' : 'case'}`),
      },
      { name: 'State', show: ({ state }) => tag(state) },
      { name: 'Opened', show: ({ at }) => instant(at) },
    ],
    found,
  );
}
