// The forms under a difference: explain it, give it an owner, or begin a correction.
import { may } from '../../domain/operator.ts';
import type { VarianceView } from '../../operations/finance/read-variance.ts';
import { choiceField, longField, textField, type Typed } from '../forms.ts';
import { a, div, type Markup, p } from '../markup.ts';
import type { PageRequest } from '../page-route.ts';
import { panel, postForm, submit } from '../parts.ts';
import { fileField, fileForm } from './evidence-files.ts';
import { variancePath } from './variances.ts';

export function varianceForms(request: PageRequest, view: VarianceView, typed: Typed): Markup {
  const { variance } = view;
  if (variance.state !== 'open' && variance.state !== 'explained')
    return p({ class: 'hint' }, 'It is settled: nothing is to be done any more.');
  const { roles } = request.session.operator;
  if (!may(roles, 'variance.explain'))
    return p({ class: 'hint' }, 'Somebody with the role finance or owner explains it or gives it an owner.');
  const path = variancePath(variance.varianceId);
  return div(
    { class: 'columns even' },
    explainPanel(request, path, typed),
    div(
      null,
      assignPanel(request, path, view, typed),
      may(roles, 'variance.correct') ? correctPanel(request, path) : null,
    ),
  );
}

function explainPanel(request: PageRequest, path: string, typed: Typed): Markup {
  return panel(
    'Explain',
    fileForm(
      request,
      `${path}/explain`,
      div(
        { class: 'fields' },
        longField(
          { name: 'note', label: 'What it is', required: true, note: 'It holds as long as the amount stays the same.' },
          typed,
        ),
        textField(
          { name: 'evidence', label: 'Where that can be seen', note: 'A ticket, or the address of a document.' },
          typed,
        ),
        fileField({ name: 'file', label: 'Or a file that proves it' }),
        div({ class: 'pager' }, submit('Explain this variance')),
      ),
    ),
  );
}

function assignPanel(request: PageRequest, path: string, { variance, owners }: VarianceView, typed: Typed): Markup {
  return panel(
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
  );
}

function correctPanel({ base }: PageRequest, path: string): Markup {
  return panel(
    'Correct',
    p(
      { class: 'hint' },
      'An entry of the money book puts it right. You see it first; above a limit a second person agrees.',
    ),
    a({ class: 'button', href: `${base}${path}/correct` }, 'Post a correction'),
  );
}
