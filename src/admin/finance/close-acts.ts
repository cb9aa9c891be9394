// What a person can do about a month's close, by its state and his roles; what he cannot do says who can.
import { may } from '../../domain/operator.ts';
import type { Close } from '../../operations/close/read-close.ts';
import type { Names } from '../../operations/finance/read-runs.ts';
import { textField, type Typed } from '../forms.ts';
import { details, div, form, input, type Markup, p, summary } from '../markup.ts';
import type { PageRequest } from '../page-route.ts';
import { panel, submit } from '../parts.ts';
import { monthText } from './frame.ts';

export const CLOSE = '/finance/close';

export function closePath(month: string): string {
  return `${CLOSE}?month=${month}`;
}

/** Buttons and forms of the moment. */
export function closeActs(request: PageRequest, close: Close, names: Names): Markup {
  const { roles } = request.session.operator;
  const acts = [
    ...(close.state === 'open' ? openActs(request, close) : []),
    ...(close.state === 'pending' ? pendingActs(request, close, names) : []),
    ...(close.state === 'closed' ? [reopening(request, close)] : []),
    may(roles, 'journal.export')
      ? actForm(request, close, 'pack', [submit('Download the pack', 'quiet')], { 'data-file': 'zip' })
      : null,
  ].filter((act) => act !== null);
  return acts.length === 0 ? null : panel('What to do', div({ class: 'acts' }, ...acts));
}

function actForm(
  { base, csrf }: PageRequest,
  { month }: Close,
  verb: string,
  fields: readonly Markup[],
  more: { readonly 'data-file'?: string } = {},
): Markup {
  return form(
    { method: 'post', action: `${base}${CLOSE}/${month}/${verb}`, ...more },
    input({ type: 'hidden', name: 'csrf', value: csrf }),
    ...fields,
  );
}

const NOTHING_TYPED: Typed = { values: new URLSearchParams(), rejected: null };

function openActs(request: PageRequest, close: Close): readonly Markup[] {
  if (!may(request.session.operator.roles, 'close.request'))
    return [p({ class: 'hint' }, 'Somebody with the role finance or owner prepares the close and asks for it.')];
  const isReady = close.checklist.every(({ done }) => done);
  return [
    div(
      null,
      actForm(request, close, 'prepare', [submit('Prepare the close', isReady ? 'quiet' : 'primary')]),
      p(
        { class: 'hint' },
        'Lists what Stripe told nobody, recognises revenue, reconciles everybody, seals the days that are over. Takes minutes; you may leave.',
      ),
    ),
    confirmation(request, close),
    isReady
      ? div(
          null,
          actForm(request, close, 'request', [submit(`Sign first: ${monthText(close.month)} is pending close`)]),
          p({ class: 'hint' }, 'Somebody else has to sign the very same proofs.'),
        )
      : null,
  ];
}

function confirmation(request: PageRequest, close: Close): Markup {
  if ('journal_imported' in close.confirmations) return null;
  return div(
    { id: 'confirm' },
    details(
      null,
      summary(null, 'Confirm the import of the journal'),
      actForm(request, close, 'confirm', [
        textField(
          {
            name: 'note',
            label: 'Where it is in your ledger',
            required: true,
            note: 'Such as the batch number. No machine sees your ledger, so this carries your name.',
          },
          NOTHING_TYPED,
        ),
        submit('Confirm the import', 'quiet'),
      ]),
    ),
  );
}

function pendingActs(request: PageRequest, close: Close, names: Names): readonly Markup[] {
  const { roles } = request.session.operator;
  const isOwn = close.requestedBy === request.acting.subject;
  const asked = names.get(close.requestedBy ?? '') ?? close.requestedBy ?? '';
  return [
    may(roles, 'close.sign')
      ? div(
          null,
          actForm(request, close, 'sign', [
            input({ type: 'hidden', name: 'hash', value: close.hash }),
            submit(`Sign and close ${monthText(close.month)}`),
          ]),
          p(
            { class: 'hint' },
            isOwn
              ? 'You signed first: unless one person may do both, somebody else has to sign.'
              : `${asked} signed first. You sign the proofs below; from then on the database takes nothing into the month.`,
          ),
        )
      : p({ class: 'hint' }, 'Somebody with the role finance, approver or owner signs second.'),
    may(roles, 'close.request')
      ? actForm(request, close, 'withdraw', [submit('Take the first signature back', 'quiet')])
      : null,
  ];
}

function reopening(request: PageRequest, close: Close): Markup {
  if (!may(request.session.operator.roles, 'close.reopen')) return null;
  return details(
    null,
    summary(null, 'Open this month again'),
    p(
      { class: 'hint' },
      'Only the last closed month, with a reason that stays in the audit log. What it was closed with is kept.',
    ),
    actForm(request, close, 'reopen', [
      textField({ name: 'reason', label: 'Why', required: true }, NOTHING_TYPED),
      submit(`Open ${monthText(close.month)} again`, 'danger'),
    ]),
  );
}
