// The form that a rollout is planned with.
import { migrationBody, toRollout } from '../../contract/migrations.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { Rollout } from '../../operations/migration/forecast-cohorts.ts';
import { choiceField, dateField, longField, type Option, radios, textField, type Typed } from '../forms.ts';
import { div, type Markup } from '../markup.ts';
import { submit } from '../parts.ts';

export function migrationFields(typed: Typed, plans: readonly Option[]): Markup {
  return div(
    { class: 'fields' },
    textField({ name: 'name', label: 'Name', note: 'such as spring-2027', required: true }, typed),
    choiceField({ name: 'from', label: 'From plan', note: 'in all its versions' }, plans, typed),
    choiceField({ name: 'to', label: 'To plan', note: 'in its newest version' }, plans.toReversed(), typed),
    dateField({ name: 'cohorts', label: 'New customers first: who subscribed since', required: true }, typed),
    textField(
      { name: 'segments', label: 'Then these segments, in their order', note: 'such as smb, agency; or none' },
      typed,
    ),
    radios(
      { name: 'rest', label: 'And at last' },
      [
        ['yes', 'everybody else'],
        ['no', 'nobody else', 'the rollout is for these cohorts only'],
      ],
      typed,
    ),
    textField({ name: 'every_days', label: 'Days from one cohort to the next', required: true }, typed, '30'),
    textField(
      {
        name: 'holdout_percent',
        label: 'Held out, in percent',
        note: '0 to 50; they stay, to be compared with',
        required: true,
      },
      typed,
      '10',
    ),
    textField(
      {
        name: 'to_segment',
        label: 'Segment afterwards',
        note: 'only where both plans sell the same; else leave it empty',
      },
      typed,
    ),
    longField({ name: 'reason', label: 'Why', required: true }, typed),
    div({ class: 'pager' }, submit('Forecast it')),
  );
}

/** The rollout that was typed, or which field is wrong. */
export function rolloutFrom(form: URLSearchParams): Rollout | Refused {
  const text = (name: string): string => form.get(name)?.trim() ?? '';
  const whole = (name: string): number | string => (/^\d{1,4}$/.test(text(name)) ? Number(text(name)) : text(name));
  const segments = text('segments')
    .split(/[\s,]+/)
    .filter((each) => each !== '');
  const read = migrationBody.safeParse({
    name: text('name'),
    from: text('from'),
    to: text('to'),
    ...(text('to_segment') !== '' && { to_segment: text('to_segment') }),
    cohorts: [
      `new:${text('cohorts')}`,
      ...segments.map((each) => `segment:${each}`),
      ...(text('rest') === 'no' ? [] : ['rest']),
    ],
    every_days: whole('every_days'),
    holdout_percent: whole('holdout_percent'),
    reason: text('reason'),
  });
  if (read.success) return toRollout(read.data);
  const [issue] = read.error.issues;
  return refuse('invalid_request', issue?.message ?? 'something is missing', {
    param: String(issue?.path[0] ?? 'name'),
  });
}
