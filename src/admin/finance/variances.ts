// The queue of differences, narrowed by what the address says, so that a filter is a link and can be kept.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { NIL_ID } from '../../domain/account.ts';
import { refuse } from '../../domain/rejection.ts';
import {
  forgetFilter,
  keepFilter,
  listVarianceQueue,
  type QueuedVariance,
  type VarianceQueue,
} from '../../operations/finance/list-variance-queue.ts';
import type { ConsoleContext } from '../console-context.ts';
import { day, parseMoney, spanText } from '../figures.ts';
import { customerPath } from '../ids.ts';
import { a, div, p, small, span } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows, tag } from '../parts.ts';
import { financePage } from './frame.ts';
import {
  type Asked,
  ageing,
  askedOf,
  classFilter,
  filterForm,
  savedFilters,
  VARIANCES,
  withQuery,
} from './variance-filters.ts';
import { amountText, classWords, STATE_TAGS, subjectObject, subjectWords } from './variance-words.ts';

export const variancePages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/variances', permission: 'close.read', answer: showQueue },
  { method: 'post', path: '/finance/variances/filters', permission: 'close.read', answer: keep },
  { method: 'post', path: '/finance/variances/filters/:id/forget', permission: 'close.read', answer: forget },
];

const SHOWN = 50;

export function variancePath(varianceId: string): string {
  return `${VARIANCES}/${toWireId('var', varianceId)}`;
}

async function showQueue({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, acting } = request;
  const asked = askedOf(query);
  const least = asked.least === '' ? null : parseMoney(asked.least, 'usd');
  const after = fromWireId('var', query.get('after') ?? '');
  const queue = await listVarianceQueue(deps, acting, {
    states: [asked.state],
    ...(asked.class !== null && { class: asked.class }),
    ...(asked.owner !== null && { owner: asked.owner === 'nobody' ? '' : asked.owner }),
    ...(asked.age !== null && { olderThanDays: asked.age }),
    ...(least !== null && { atLeastMinor: least }),
    ...(after !== null && { after }),
    limit: SHOWN,
  });
  if ('rejected' in queue) return queue;
  const last = queue.rows.at(-1);
  return financePage(
    request,
    { section: VARIANCES, title: 'Variances' },
    p(
      { class: 'lead' },
      'Each difference is here from its first sight until it is explained, corrected or gone. The oldest first. ',
      a({ href: `${base}/finance/corrections` }, 'Corrections'),
    ),
    savedFilters(request, queue.saved),
    filterForm(request, asked, queue),
    asked.least !== '' && least === null
      ? p({ class: 'notice notice-bad', role: 'alert' }, 'The least amount is no amount such as 1.50; it was left out.')
      : null,
    classFilter(base, query, asked, queue),
    ageing(queue),
    panel(
      `${classWords(asked.class ?? 'all classes')}, ${STATE_TAGS[asked.state][0]}`,
      queue.rows.length === 0
        ? empty(
            whyEmpty(asked),
            query.size === 0 ? null : p(null, a({ href: base + VARIANCES }, 'Show all that are open')),
          )
        : rows('Variances, oldest first', columns(base, queue), queue.rows),
      queue.hasMore && last !== undefined
        ? div(
            { class: 'pager' },
            a(
              {
                class: 'button',
                href: `${base}${VARIANCES}?${withQuery(query, { after: toWireId('var', last.varianceId) })}`,
              },
              'Newer',
            ),
          )
        : null,
    ),
  );
}

function whyEmpty({ state, class: name, owner, age, least }: Asked): string {
  const narrowed = name !== null || owner !== null || age !== null || least !== '';
  if (narrowed) return 'No variance is like this.';
  return state === 'open' ? 'Nothing is open: every difference is explained or gone.' : 'There is none.';
}

function columns(base: string, { now }: VarianceQueue): readonly Column<QueuedVariance>[] {
  return [
    {
      name: 'Difference',
      show: (one) =>
        div(
          null,
          a({ href: base + variancePath(one.varianceId), 'data-drawer': 'wide' }, subjectWords(one)),
          small(null, subjectObject(one)),
        ),
    },
    { name: 'Class', show: (one) => tag(classWords(one.class)) },
    {
      name: 'Customer',
      show: ({ customerId, customer }) =>
        customerId === NIL_ID ? 'nobody’s' : a({ href: base + customerPath(customerId) }, customer ?? 'without a name'),
    },
    { name: 'Stripe less ours', numeric: true, show: ({ amount, unit }) => amountText(amount, unit) },
    {
      name: 'Age',
      show: ({ foundAt }) =>
        span({ title: foundAt.toISOString() }, spanText(now.getTime() - foundAt.getTime()), small(null, day(foundAt))),
    },
    { name: 'Owner', show: ({ ownerName, owner }) => ownerName ?? owner ?? 'nobody' },
    {
      name: 'Suggested cause',
      show: ({ cause, explanation, state }) => (state === 'open' ? cause : (explanation ?? cause)) ?? '–',
    },
  ];
}

async function keep({ deps }: ConsoleContext, { form: sent, acting }: PageRequest): Promise<PageAnswer> {
  const query = withQuery(new URLSearchParams(sent.get('query') ?? ''), {});
  const refused = await keepFilter(deps, acting, { name: sent.get('name') ?? '', query });
  return refused ?? { to: `${VARIANCES}?${query}` };
}

async function forget({ deps }: ConsoleContext, { params, acting }: PageRequest): Promise<PageAnswer> {
  const id = fromWireId('filter', params['id'] ?? '');
  if (id === null) return refuse('unknown_filter', 'you have no filter of this id');
  return (await forgetFilter(deps, acting, id)) ?? { to: VARIANCES };
}
