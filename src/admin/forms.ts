// Fields with their names, notes and mistakes. A form that is refused comes back with what was typed in it.
import { randomUUID } from 'node:crypto';

import type { Rejection } from '../domain/rejection.ts';
import {
  a,
  type Children,
  div,
  input,
  label,
  legend,
  fieldset,
  type Markup,
  option,
  p,
  select,
  small,
  span,
  textarea,
} from './markup.ts';
import { sentence } from './words.ts';

/** What was typed before, and what is wrong with it. */
export interface Typed {
  readonly values: URLSearchParams;
  readonly rejected: Rejection | null;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly note?: Children;
  readonly required?: boolean;
}

const TEXT_MAX = 2_000;

function mistake({ rejected }: Typed, name: string): string | null {
  return rejected !== null && 'param' in rejected && rejected.param === name ? rejected.message : null;
}

/** A field around its control: label, note, and the mistake, all tied to the control for those who hear the page. */
function field(
  { name, label: text, note, required = false }: Field,
  typed: Typed,
  control: (more: object) => Markup,
): Markup {
  const wrong = mistake(typed, name);
  const described = [...(note === undefined ? [] : [`${name}-note`]), ...(wrong === null ? [] : [`${name}-wrong`])];
  return div(
    { class: 'field' },
    label({ for: name }, text),
    note === undefined ? null : span({ class: 'note', id: `${name}-note` }, note),
    control({
      id: name,
      name,
      required,
      ...(described.length > 0 && { 'aria-describedby': described.join(' ') }),
      ...(wrong !== null && { 'aria-invalid': true }),
    }),
    wrong === null ? null : span({ class: 'wrong', id: `${name}-wrong` }, sentence(wrong)),
  );
}

export function textField(about: Field & { readonly inputMode?: 'decimal' }, typed: Typed, initial = ''): Markup {
  const { inputMode } = about;
  return field(about, typed, (more) =>
    input({
      ...more,
      type: 'text',
      maxLength: 200,
      autocomplete: 'off',
      defaultValue: typed.values.get(about.name) ?? initial,
      ...(inputMode !== undefined && { inputMode }),
    }),
  );
}

export function dateField(about: Field, typed: Typed, initial = ''): Markup {
  return field(about, typed, (more) =>
    input({ ...more, type: 'date', defaultValue: typed.values.get(about.name) ?? initial }),
  );
}

export function longField(about: Field, typed: Typed): Markup {
  return field(about, typed, (more) =>
    textarea({ ...more, rows: 3, maxLength: TEXT_MAX, defaultValue: typed.values.get(about.name) ?? '' }),
  );
}

export type Option = readonly [value: string, words: string, note?: string];

export function choiceField(about: Field, options: readonly Option[], typed: Typed): Markup {
  const chosen = typed.values.get(about.name) ?? options[0]?.[0];
  return field(about, typed, (more) =>
    select(more, ...options.map(([value, words]) => option({ value, selected: value === chosen }, words))),
  );
}

/** One of a few, all of them in sight. */
export function radios(about: Field, options: readonly Option[], typed: Typed): Markup {
  const chosen = typed.values.get(about.name) ?? options[0]?.[0];
  const wrong = mistake(typed, about.name);
  return fieldset(
    { id: about.name },
    legend(null, about.label),
    ...options.map(([value, words, note]) =>
      label(
        { class: 'choice' },
        input({ type: 'radio', name: about.name, value, defaultChecked: value === chosen, required: true }),
        span(null, words, note === undefined ? null : small(null, note)),
      ),
    ),
    wrong === null ? null : p({ class: 'wrong' }, sentence(wrong)),
  );
}

/** Sent with a form, so that a second click finds what the first one did. */
export function once({ values }: Typed): Markup {
  return input({ type: 'hidden', name: 'once', value: values.get('once') ?? randomUUID() });
}

/** What is wrong, on top, with a way to the field. */
export function mistakes({ rejected }: Typed): Markup {
  if (rejected === null) return null;
  const param = 'param' in rejected ? rejected.param : undefined;
  return div(
    { class: 'notice notice-bad', role: 'alert' },
    p(null, sentence(rejected.message)),
    param === undefined ? null : p(null, a({ href: `#${param}` }, 'Go to the field')),
  );
}
