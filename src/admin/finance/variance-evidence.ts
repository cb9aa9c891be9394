// The three columns under a difference: usage events, ledger lines, Stripe objects, the newest of each.
import type {
  EvidenceEntry,
  EvidenceObject,
  EvidenceUsage,
  VarianceView,
} from '../../operations/finance/read-variance.ts';
import { countText, credits, instant, money } from '../figures.ts';
import { entryPath } from '../ids.ts';
import { a, code, div, li, type Markup, p, small, span, strong, ul } from '../markup.ts';
import { empty, panel } from '../parts.ts';
import { accountWords, kindWords, sentenceCase } from '../words.ts';

export function evidenceColumns(base: string, view: VarianceView): Markup {
  const { usage, entries, objects, sums, entriesInAll } = view;
  return div(
    { class: 'columns three' },
    panel(
      'Usage events',
      usage.length === 0
        ? empty('No usage event is behind this.')
        : evidenceList(usage.map((event) => usageItem(base, event))),
      more(usage.length, sums?.events ?? 0, 'event'),
    ),
    panel(
      'Ledger lines',
      entries.length === 0
        ? empty('No entry is behind this.')
        : evidenceList(entries.map((entry) => entryItem(base, entry))),
      more(entries.length, entriesInAll, 'entry', 'entries'),
    ),
    panel(
      'Stripe objects',
      objects.length === 0
        ? empty('Nothing of it is mirrored here.')
        : evidenceList(objects.map((object) => objectItem(base, object))),
    ),
  );
}

function evidenceList(items: readonly Markup[]): Markup {
  return ul({ class: 'evidence' }, ...items.map((item) => li(null, item)));
}

function more(shown: number, all: number, noun: string, nouns?: string): Markup {
  if (all <= shown) return null;
  const text = nouns === undefined ? countText(all, noun) : `${all} ${nouns}`;
  return p({ class: 'hint' }, `The newest ${shown} of ${text}.`);
}

function usageItem(base: string, { eventId, action, occurredAt, credits: amount, entryId }: EvidenceUsage): Markup {
  return div(
    null,
    div(
      { class: 'line' },
      entryId === null ? code(null, eventId) : a({ href: base + entryPath(entryId) }, eventId),
      credits(amount),
    ),
    small(null, `${action}, `, instant(occurredAt)),
  );
}

function entryItem(base: string, entry: EvidenceEntry): Markup {
  const [icon, words] = kindWords(entry.kind);
  return div(
    null,
    div(
      { class: 'line' },
      span(
        null,
        span({ class: 'icon', 'aria-hidden': true }, icon),
        a({ href: base + entryPath(entry.entryId) }, words),
      ),
      entry.isCredit ? credits(entry.amount) : money(entry.amount, entry.unit),
    ),
    small(null, `${accountWords(entry.from)} → ${accountWords(entry.to)}, `, instant(entry.effectiveAt)),
  );
}

function objectItem(base: string, { kind, id, status, amount, currency, at, invoiceId }: EvidenceObject): Markup {
  const isMoney = currency !== null && /^[a-z]{3}$/.test(currency);
  return div(
    null,
    div(
      { class: 'line' },
      invoiceId === null
        ? strong(null, sentenceCase(kind))
        : a({ href: `${base}/invoices/${invoiceId}` }, sentenceCase(kind)),
      amount === null
        ? null
        : isMoney
          ? money(amount, currency)
          : span({ class: 'figure' }, `${new Intl.NumberFormat('en').format(amount)} ${currency ?? ''}`),
    ),
    small(null, `${status}, `, at === null ? '–' : instant(at)),
    small(null, code(null, id)),
  );
}
