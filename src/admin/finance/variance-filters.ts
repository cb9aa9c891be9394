// How the queue of differences is narrowed: by the address, so that a filter is a link and can be kept.
import { toWireId } from '../../contract/ids.ts';
import {
  AGES_DAYS,
  type QueuedVariance,
  type SavedFilter,
  type VarianceQueue,
} from '../../operations/finance/list-variance-queue.ts';
import { countText } from '../figures.ts';
import {
  a,
  button,
  div,
  form,
  input,
  label,
  li,
  type Markup,
  nav,
  option,
  p,
  select,
  small,
  span,
  ul,
} from '../markup.ts';
import type { PageRequest } from '../page-route.ts';
import { postForm } from '../parts.ts';
import { CLASSES, classWords, STATE_TAGS } from './variance-words.ts';

export const VARIANCES = '/finance/variances';

/** What the address asks for; what it cannot mean is left out. */
export interface Asked {
  readonly state: QueuedVariance['state'];
  readonly class: string | null;
  readonly owner: string | null;
  readonly age: number | null;
  readonly least: string;
}

const STATES = ['open', 'explained', 'corrected', 'written_off'] as const;
const FIELDS = ['state', 'class', 'owner', 'age', 'least'] as const;

export function askedOf(query: URLSearchParams): Asked {
  const age = Number(query.get('age'));
  return {
    state: STATES.find((state) => state === query.get('state')) ?? 'open',
    class: CLASSES.find((name) => name === query.get('class')) ?? null,
    owner: query.get('owner')?.slice(0, 255) || null,
    age: AGES_DAYS.find((days) => days === age) ?? null,
    least: query.get('least')?.trim() ?? '',
  };
}

/** The filter of the address with something changed; what is empty is left out. */
export function withQuery(query: URLSearchParams, change: Readonly<Record<string, string>>): string {
  const kept = FIELDS.flatMap((name) => {
    const value = query.get(name) ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  const next = new URLSearchParams(kept.map(([name, value]) => [name, value]));
  for (const [name, value] of Object.entries(change)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  return next.toString();
}

export function filterForm({ base, acting }: PageRequest, asked: Asked, { owners }: VarianceQueue): Markup {
  const choice = (
    name: string,
    text: string,
    options: readonly (readonly [string, string])[],
    chosen: string,
  ): Markup =>
    div(
      { class: 'field' },
      label({ for: `by-${name}` }, text),
      select(
        { id: `by-${name}`, name },
        ...options.map(([value, words]) => option({ value, selected: value === chosen }, words)),
      ),
    );
  return form(
    { class: 'filter-bar', method: 'get', action: base + VARIANCES, 'aria-label': 'Narrow the variances' },
    choice(
      'state',
      'State',
      STATES.map((state) => [state, STATE_TAGS[state][0]] as const),
      asked.state,
    ),
    choice(
      'class',
      'Class',
      [['', 'every class'], ...CLASSES.map((name) => [name, classWords(name)] as const)],
      asked.class ?? '',
    ),
    choice(
      'owner',
      'Owner',
      [
        ['', 'anybody'],
        ['nobody', 'nobody yet'],
        [acting.subject, 'me'],
        ...owners.flatMap(({ subject, name }) => (subject === acting.subject ? [] : [[subject, name] as const])),
      ],
      asked.owner ?? '',
    ),
    choice(
      'age',
      'Age',
      [['', 'any age'], ...AGES_DAYS.map((days) => [String(days), `older than ${countText(days, 'day')}`] as const)],
      String(asked.age ?? ''),
    ),
    div(
      { class: 'field' },
      label({ for: 'by-least' }, 'Money of at least'),
      input({
        id: 'by-least',
        name: 'least',
        type: 'text',
        inputMode: 'decimal',
        size: 8,
        autocomplete: 'off',
        placeholder: '0.00',
        defaultValue: asked.least,
        'aria-describedby': 'by-least-note',
      }),
    ),
    button({ type: 'submit' }, 'Narrow'),
    small({ id: 'by-least-note' }, 'In major units of each currency, two decimals. What is no money is always shown.'),
  );
}

export function savedFilters(request: PageRequest, saved: readonly SavedFilter[]): Markup {
  const { base, query } = request;
  const current = withQuery(query, {});
  return div(
    { class: 'saved' },
    saved.length === 0
      ? null
      : nav(
          { 'aria-label': 'Your filters' },
          ul(
            null,
            ...saved.map(({ savedFilterId, name, query: kept }) =>
              li(
                null,
                a(
                  { href: `${base}${VARIANCES}?${kept}`, ...(kept === current && { 'aria-current': 'true' as const }) },
                  name,
                ),
                postForm(
                  request,
                  `${VARIANCES}/filters/${toWireId('filter', savedFilterId)}/forget`,
                  button({ type: 'submit', class: 'quiet small', 'aria-label': `Forget the filter ${name}` }, '✕'),
                ),
              ),
            ),
          ),
        ),
    current === ''
      ? null
      : postForm(
          request,
          `${VARIANCES}/filters`,
          input({ type: 'hidden', name: 'query', value: current }),
          label({ for: 'filter-name' }, 'Keep this filter as'),
          input({ id: 'filter-name', name: 'name', type: 'text', required: true, maxLength: 60, autocomplete: 'off' }),
          button({ type: 'submit', class: 'quiet' }, 'Keep'),
        ),
  );
}

export function classFilter(base: string, query: URLSearchParams, asked: Asked, { classes }: VarianceQueue): Markup {
  if (classes.length === 0) return null;
  const all = classes.reduce((sum, { count }) => sum + count, 0);
  const entry = (name: string, words: string, count: number): Markup =>
    li(
      null,
      a(
        {
          href: `${base}${VARIANCES}?${withQuery(query, { class: name })}`,
          ...((asked.class ?? '') === name && { 'aria-current': 'true' as const }),
        },
        words,
        ' ',
        span({ class: 'number' }, String(count)),
      ),
    );
  return nav(
    { class: 'filters', 'aria-label': 'By class' },
    ul(null, entry('', 'All', all), ...classes.map((one) => entry(one.class, classWords(one.class), one.count))),
  );
}

/** "3 are older than 7 days": what has waited for long. */
export function ageing({ older, classes }: VarianceQueue): Markup {
  if (classes.length === 0) return null;
  const parts = AGES_DAYS.map((days, place) => `${older[place] ?? 0} older than ${countText(days, 'day')}`);
  return p({ class: 'hint' }, `Ageing: ${parts.join(', ')}.`);
}
