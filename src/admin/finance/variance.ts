// One difference: usage, ledger and Stripe side by side, what differs marked, and what a person can do about it.
import { fromWireId } from '../../contract/ids.ts';
import { NIL_ID } from '../../domain/account.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { readVariance, type VarianceView } from '../../operations/finance/read-variance.ts';
import type { ConsoleContext } from '../console-context.ts';
import { creditsText, instant, spanText } from '../figures.ts';
import { mistakes, type Typed } from '../forms.ts';
import { customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, type Markup, p, section, span, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, heading, panel, rows, tag } from '../parts.ts';
import { correctionColumns } from './corrections.ts';
import { evidenceLink, filesPanel } from './evidence-files.ts';
import { financePage } from './frame.ts';
import { evidenceColumns } from './variance-evidence.ts';
import { varianceForms } from './variance-forms.ts';
import { amountText, classWords, sideText, STATE_TAGS, subjectObject, subjectWords } from './variance-words.ts';

export const varianceDrawerPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/finance/variances/:id',
    permission: 'close.read',
    answer: async (context, request) => showVariance(context, request, null),
  },
];

const SECTION = '/finance/variances';

/** The page of one difference; after a refusal with what was typed, and what was wrong. */
export async function showVariance(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { base, acting, params, form } = request;
  const id = fromWireId('var', params['id'] ?? '');
  if (id === null) return refuse('unknown_variance', 'there is no variance of this id');
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
      explanation(base, view),
      filesPanel(base, view),
      correctionsPanel(base, view),
      varianceForms(request, view, typed),
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

function explanation(base: string, { variance, files }: VarianceView): Markup {
  const { explanation: text, evidence, explainedByName, explainedBy, explainedAt } = variance;
  if (text === null) return null;
  return panel(
    'Explanation',
    p(null, text),
    evidence === null ? null : p(null, 'Evidence: ', evidenceLink(base, evidence, files)),
    explainedAt === null
      ? null
      : p({ class: 'hint' }, `By ${explainedByName ?? explainedBy ?? 'the run'}, `, instant(explainedAt)),
  );
}

function correctionsPanel(base: string, { corrections, names }: VarianceView): Markup {
  if (corrections.length === 0) return null;
  return panel('Corrections', rows('Corrections of this variance', correctionColumns(base, names), corrections));
}
