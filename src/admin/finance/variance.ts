// One difference: usage, ledger and Stripe side by side, what differs marked, and what a person can do about it.
import { fromWireId } from '../../contract/ids.ts';
import { NIL_ID } from '../../domain/account.ts';
import { may } from '../../domain/operator.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { assignVariance, explainVariance } from '../../operations/explain-variance.ts';
import { readVariance, type VarianceView } from '../../operations/finance/read-variance.ts';
import type { ConsoleContext } from '../console-context.ts';
import { creditsText, instant, spanText } from '../figures.ts';
import { choiceField, longField, mistakes, textField, type Typed } from '../forms.ts';
import { customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, type Markup, p, section, span, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, heading, panel, postForm, rows, submit, tag } from '../parts.ts';
import { financePage } from './frame.ts';
import { evidenceColumns } from './variance-evidence.ts';
import { amountText, classWords, sideText, STATE_TAGS, subjectObject, subjectWords } from './variance-words.ts';
import { variancePath } from './variances.ts';

export const varianceDrawerPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/finance/variances/:id',
    permission: 'close.read',
    answer: async (context, request) => showVariance(context, request, null),
  },
  { method: 'post', path: '/finance/variances/:id/explain', permission: 'variance.explain', answer: explain },
  { method: 'post', path: '/finance/variances/:id/assign', permission: 'variance.explain', answer: assign },
];

const SECTION = '/finance/variances';

async function showVariance(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { base, acting, params, form } = request;
  const id = fromWireId('var', params['id'] ?? '');
  if (id === null) return unknown();
  const view = await readVariance(deps, acting, id);
  if ('rejected' in view) return view;
  const { variance } = view;
  const typed: Typed = { values: rejected === null ? new URLSearchParams() : form, rejected };
  return financePage(
    request,
    { section: SECTION, title: subjectWords(variance), hasHeading: false, ...(rejected !== null && { status: 422 }) },
    crumbs(base, ['Variances', SECTION]),
    section(
      { id: 'drawer-content' },
      heading(subjectWords(variance), tag(...STATE_TAGS[variance.state]), tag(classWords(variance.class))),
      mistakes(typed),
      facts(base, view),
      p(null, strong(null, 'Suggested cause: '), variance.cause ?? 'none'),
      p({ class: 'lead' }, strong(null, 'Proposed repair: '), variance.repair ?? 'none'),
      comparison(view),
      evidenceColumns(base, view),
      explanation(view),
      actions(request, view, typed),
    ),
  );
}

function facts(base: string, { variance, now }: VarianceView): Markup {
  const { customerId, customer, amount, unit, foundAt, lastSeenAt, ownerName, owner } = variance;
  const fact = (name: string, value: Markup | string): Markup => div(null, dt(null, name), dd(null, value));
  return dl(
    { class: 'facts' },
    fact(
      'Customer',
      customerId === NIL_ID ? 'nobody’s' : a({ href: base + customerPath(customerId) }, customer ?? 'without a name'),
    ),
    fact('Stripe less ours', amountText(amount, unit)),
    fact('Age', spanText(now.getTime() - foundAt.getTime())),
    fact('Found', instant(foundAt)),
    fact('Last seen', instant(lastSeenAt)),
    fact('Owner', ownerName ?? owner ?? 'nobody'),
    fact('About', code(null, subjectObject(variance))),
  );
}

interface Fact {
  readonly name: string;
  readonly usage: string | null;
  readonly ledger: string | null;
  readonly stripe: string | null;
  readonly differs: boolean;
}

/** The difference itself first, then the sums of its billing periods. */
function factsOf({ variance: { ours, theirs, unit }, sums }: VarianceView): readonly Fact[] {
  const found = {
    name: 'What differs',
    usage: null,
    ledger: sideText(ours, unit) ?? 'nothing',
    stripe: sideText(theirs, unit) ?? 'nothing',
    differs: true,
  };
  if (sums === null) return [found];
  const { credits, consumed, metered } = sums;
  return [
    found,
    {
      name: 'Credits used',
      usage: creditsText(credits),
      ledger: creditsText(consumed),
      stripe: null,
      differs: credits !== consumed,
    },
    { name: 'Reported to the meter', usage: null, ledger: creditsText(metered), stripe: null, differs: false },
  ];
}

function comparison(view: VarianceView): Markup {
  const cell = (of: 'usage' | 'ledger' | 'stripe') => (fact: Fact) =>
    fact[of] === null
      ? '–'
      : span(
          { class: fact.differs ? 'differs' : '' },
          fact.differs ? span({ class: 'mark', 'aria-hidden': true }, '≠ ') : null,
          fact[of],
          fact.differs ? span({ class: 'unseen' }, ' (differs)') : null,
        );
  const columns: readonly Column<Fact>[] = [
    { name: 'Fact', show: ({ name }) => name },
    { name: 'Usage events', show: cell('usage') },
    { name: 'Ledger', show: cell('ledger') },
    { name: 'Stripe', show: cell('stripe') },
    { name: 'Same?', show: sameTag },
  ];
  return panel('Side by side', rows('Usage events, ledger and Stripe side by side', columns, factsOf(view)));
}

function sameTag({ usage, ledger, stripe, differs }: Fact): Markup {
  const sides = [usage, ledger, stripe].filter((side) => side !== null);
  if (sides.length < 2) return span(null, '–');
  return differs ? tag('≠ differs', 'bad') : tag('= the same', 'good');
}

function explanation({
  variance: { explanation: text, evidence, explainedByName, explainedBy, explainedAt },
}: VarianceView): Markup {
  if (text === null) return null;
  return panel(
    'Explanation',
    p(null, text),
    evidence === null
      ? null
      : p(
          null,
          'Evidence: ',
          /^https?:\/\//.test(evidence) ? a({ href: evidence, rel: 'noreferrer' }, evidence) : evidence,
        ),
    explainedAt === null
      ? null
      : p({ class: 'hint' }, `By ${explainedByName ?? explainedBy ?? 'the run'}, `, instant(explainedAt)),
  );
}

function actions(request: PageRequest, view: VarianceView, typed: Typed): Markup {
  const { variance, owners } = view;
  if (variance.state !== 'open' && variance.state !== 'explained')
    return p({ class: 'hint' }, 'It is settled: nothing is to be done any more.');
  if (!may(request.session.operator.roles, 'variance.explain'))
    return p({ class: 'hint' }, 'Somebody with the role finance or owner explains it or gives it an owner.');
  const path = variancePath(variance.varianceId);
  return div(
    { class: 'columns even' },
    panel(
      'Explain',
      postForm(
        request,
        `${path}/explain`,
        div(
          { class: 'fields' },
          longField(
            {
              name: 'note',
              label: 'What it is',
              required: true,
              note: 'It holds as long as the amount stays the same.',
            },
            typed,
          ),
          textField(
            {
              name: 'evidence',
              label: 'Where that can be seen',
              required: true,
              note: 'A ticket, or the address of a document.',
            },
            typed,
          ),
          div({ class: 'pager' }, submit('Explain this variance')),
        ),
      ),
    ),
    panel(
      'Assign',
      postForm(
        request,
        `${path}/assign`,
        div(
          { class: 'fields' },
          choiceField(
            { name: 'owner', label: 'Who looks after it' },
            owners.map(({ subject, name }) => [subject, name] as const),
            {
              values: new URLSearchParams({ owner: variance.owner ?? request.acting.subject }),
              rejected: typed.rejected,
            },
          ),
          div({ class: 'pager' }, submit('Assign', 'quiet')),
        ),
      ),
    ),
  );
}

async function explain(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting, params } = request;
  const varianceId = fromWireId('var', params['id'] ?? '');
  if (varianceId === null) return unknown();
  const note = form.get('note')?.trim() ?? '';
  const evidence = form.get('evidence')?.trim() ?? '';
  const done = await explainVariance(context.deps, acting, { varianceId, note, evidence });
  return 'rejected' in done ? showVariance(context, request, done.rejected) : { to: variancePath(varianceId) };
}

async function assign(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting, params } = request;
  const varianceId = fromWireId('var', params['id'] ?? '');
  if (varianceId === null) return unknown();
  const done = await assignVariance(context.deps, acting, { varianceId, owner: form.get('owner') ?? '' });
  return 'rejected' in done ? showVariance(context, request, done.rejected) : { to: variancePath(varianceId) };
}

function unknown(): PageAnswer {
  return refuse('unknown_variance', 'there is no variance of this id');
}
