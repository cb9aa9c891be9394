// One entry with everything behind it: movements, usage, hold, ids, and the whole of it as the API tells it.
import { shownEntry } from '../../contract/entry-explanations.ts';
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { refuse } from '../../domain/rejection.ts';
import { type EntryExplanation, explainEntry } from '../../operations/explain-entry.ts';
import { proveSeal } from '../../operations/finance/browse-ledger.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, creditsText, instant, money } from '../figures.ts';
import { customerPath, entryPath } from '../ids.ts';
import { a, code, dd, details, div, dl, dt, group, type Markup, pre, section, summary } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, panel, rows } from '../parts.ts';
import { accountWords, actorWords, kindWords } from '../words.ts';
import { balancedLines, sealLine } from './entry-lines.ts';

export const entryPages: readonly PageRoute[] = [
  { method: 'get', path: '/entries/:id', permission: 'case.read', answer: showEntry },
];

async function showEntry({ deps }: ConsoleContext, { base, params }: PageRequest): Promise<PageAnswer> {
  const entryId = fromWireId('entry', params['id'] ?? '');
  if (entryId === null) return refuse('unknown_entry', 'no entry of the ledger has this id');
  const told = await explainEntry(deps, { entryId, customer: null });
  if ('rejected' in told) return told;
  const [, words] = kindWords(told.entry.kind);
  return {
    title: words,
    at: '/',
    body: [
      crumbs(base, ['Customers', '/'], ['Customer', customerPath(told.entry.customerId)]),
      section(
        { id: 'drawer-content' },
        heading(words),
        facts(base, told),
        sealLine(await proveSeal(deps, told.entry)),
        movements(told),
        balancedLines(told),
        usage(base, told),
        details(
          { class: 'raw' },
          summary(null, 'All of it, as JSON'),
          pre({ tabIndex: 0 }, JSON.stringify(shownEntry(told), null, 2)),
        ),
      ),
    ],
  };
}

function facts(base: string, { entry, hold }: EntryExplanation): Markup {
  const fact = (name: string, ...value: readonly (Markup | string)[]): Markup =>
    div(null, dt(null, name), dd(null, ...value));
  return dl(
    { class: 'facts' },
    fact('Happened', instant(entry.effectiveAt)),
    fact('Recorded', instant(entry.recordedAt)),
    fact('By', actorWords(entry.actor)),
    entry.reason === null ? null : fact('Reason', entry.reason),
    entry.ticket === null ? null : fact('Ticket', entry.ticket),
    entry.action === null ? null : fact('Action', entry.action),
    entry.plan === null ? null : fact('Plan', `${entry.plan}, version ${entry.planVersion}`),
    hold === null ? null : fact('Hold', code(null, toWireId('hold', hold.holdId))),
    entry.reversalOf === null ? null : fact('Undoes', entryLink(base, entry.reversalOf)),
    entry.reversedBy.length === 0 ? null : fact('Undone by', ...entry.reversedBy.map((id) => entryLink(base, id))),
    ...Object.entries(entry.stripe ?? {}).map(([name, id]) =>
      fact(`Stripe ${name.replaceAll('_', ' ')}`, stripeId(base, id)),
    ),
    fact('Entry', code(null, toWireId('entry', entry.entryId))),
  );
}

function entryLink(base: string, entryId: string): Markup {
  return a({ href: base + entryPath(entryId) }, code(null, toWireId('entry', entryId)));
}

function stripeId(base: string, id: string): Markup {
  return id.startsWith('in_') ? a({ href: `${base}/invoices/${id}` }, code(null, id)) : code(null, id);
}

function movements({ postings }: EntryExplanation): Markup {
  return panel(
    'Movements',
    rows<EntryExplanation['postings'][number]>(
      'What moved',
      [
        { name: 'From', show: ({ from }) => accountWords(from) },
        { name: 'To', show: ({ to }) => accountWords(to) },
        {
          name: 'Amount',
          numeric: true,
          show: ({ isCredit, amount, unit }) => (isCredit ? credits(amount) : money(amount, unit)),
        },
        { name: 'Lot', show: ({ lotId }) => (lotId === null ? '–' : code(null, toWireId('grant', lotId))) },
      ],
      postings,
    ),
  );
}

function usage(base: string, { entry, usage: events, hasMoreUsage }: EntryExplanation): Markup {
  if (events.length === 0) return null;
  return panel(
    hasMoreUsage ? 'Usage, the first 1,000 events' : 'Usage',
    rows<EntryExplanation['usage'][number]>(
      'Usage events',
      [
        { name: 'Event', show: ({ eventId }) => code(null, eventId) },
        { name: 'When', show: ({ occurredAt }) => instant(occurredAt) },
        { name: 'Quantities', show: ({ quantities }) => shownQuantities(quantities) },
        { name: 'Credits', numeric: true, show: (event) => credits(event.credits) },
        {
          name: 'Wrong?',
          show: ({ usageEventId, eventId, credits: amount }) =>
            entry.kind === 'usage.reversed'
              ? 'undone'
              : a(
                  {
                    href: `${base}${customerPath(entry.customerId)}/undo-use?event=${toWireId('usage', usageEventId)}`,
                    'aria-label': `Undo ${eventId}, ${creditsText(amount)} credits`,
                  },
                  'Undo …',
                ),
        },
      ],
      events,
    ),
  );
}

function shownQuantities(quantities: Readonly<Record<string, string>>): Markup {
  const parts = Object.entries(quantities).map(([name, amount]) => `${name.replaceAll('_', ' ')} ${amount}`);
  return group(parts.length === 0 ? '–' : parts.join(', '));
}
