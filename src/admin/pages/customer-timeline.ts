// What happened, newest first. Filters and older pages are links; htmx puts them into place without a new page, and a
// line opens beside the list.
import { toWireId } from '../../contract/ids.ts';
import type { TimelineLine } from '../../operations/console/read-timeline.ts';
import { credits, creditsChange, instant, money } from '../figures.ts';
import { customerPath, entryPath } from '../ids.ts';
import { a, div, group, h2, li, type Markup, nav, section, span, ul } from '../markup.ts';
import { type Column, empty, rows } from '../parts.ts';
import { actorWords, kindWords, lineWords, TIMELINE_FILTERS, type TimelineFilter } from '../words.ts';

export interface ShownTimeline {
  readonly base: string;
  readonly customerId: string;
  readonly filter: TimelineFilter | null;
  readonly before: string | null;
  readonly lines: readonly TimelineLine[];
  readonly hasMore: boolean;
}

/** Swapped by htmx: the same address, of which only this section is taken. */
const SWAP = { 'hx-target': '#timeline', 'hx-select': '#timeline', 'hx-swap': 'outerHTML', 'hx-push-url': 'true' };

export function timelinePanel({ base, customerId, filter, before, lines, hasMore }: ShownTimeline): Markup {
  const path = `${base}${customerPath(customerId)}`;
  const filters = Object.entries(TIMELINE_FILTERS).map(([key, { name }]) => ({ key, name }));
  const oldest = lines.at(-1);
  const query = (more: Readonly<Record<string, string>>): string =>
    new URLSearchParams({ ...(filter !== null && { show: filter }), ...more }).toString();
  return section(
    { class: 'panel', id: 'timeline', 'aria-labelledby': 'timeline-name' },
    h2({ id: 'timeline-name' }, 'Timeline'),
    nav(
      { class: 'filters', 'aria-label': 'Show in the timeline' },
      ul(
        null,
        filterLink(path, 'Everything', filter === null),
        ...filters.map(({ key, name }) => filterLink(`${path}?show=${key}`, name, filter === key)),
      ),
    ),
    lines.length === 0 ? empty(before === null ? 'Nothing of this kind has happened.' : 'Nothing older.') : null,
    lines.length === 0 ? null : rows('Timeline, newest first', columns(base), lines),
    div(
      { class: 'pager' },
      before === null ? null : pageLink(`${path}?${query({})}`, 'Newest'),
      hasMore && oldest !== undefined ? pageLink(`${path}?${query({ before: oldest.entryId })}`, 'Older') : null,
    ),
  );
}

function filterLink(href: string, name: string, isOn: boolean): Markup {
  return li(null, a({ href, 'hx-get': href, ...SWAP, ...(isOn && { 'aria-current': 'true' as const }) }, name));
}

function pageLink(href: string, name: string): Markup {
  return a({ class: 'button', href, 'hx-get': href, ...SWAP }, name);
}

function columns(base: string): readonly Column<TimelineLine>[] {
  return [
    { name: 'When', show: ({ effectiveAt }) => instant(effectiveAt) },
    { name: 'What', show: (line) => what(base, line) },
    { name: 'Credits', numeric: true, show: change },
    { name: 'Available after', numeric: true, show: ({ availableAfter }) => credits(availableAfter) },
    { name: 'Who', show: ({ actor }) => actorWords(actor) },
  ];
}

function what(base: string, line: TimelineLine): Markup {
  const [icon, words] = kindWords(line.kind);
  const href = `${base}${entryPath(line.entryId)}`;
  return group(
    span({ class: 'icon', 'aria-hidden': true }, icon),
    a({ href, 'data-drawer': toWireId('entry', line.entryId) }, words),
    ' ',
    span({ class: 'detail' }, lineWords(line)),
  );
}

function change(line: TimelineLine): Markup {
  if (line.available !== 0n) return creditsChange(line.available);
  if (line.overage !== 0n) return group(creditsChange(line.overage), ' overage');
  if (line.debt !== 0n) return group(creditsChange(line.debt), ' debt');
  if (line.moneyMinor !== null && line.currency !== null) return money(line.moneyMinor, line.currency);
  return span(null, '–');
}
