// What stands on top of a case, and the next step: submit, approve, refuse, undo; or the sentence why there is none.
import { APPROVAL_MS, UNDO_MS } from '../../domain/approval.ts';
import { may } from '../../domain/operator.ts';
import type { Refused } from '../../domain/rejection.ts';
import type { CaseView } from '../../operations/console/read-case-page.ts';
import type { Balance } from '../../operations/read-balance.ts';
import { credits, instantText, spanText } from '../figures.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, details, div, group, input, label, li, type Markup, p, strong, summary, textarea, ul } from '../markup.ts';
import type { PageRequest } from '../page-route.ts';
import { notice, panel, postForm, problem, submit } from '../parts.ts';
import { sentence } from '../words.ts';
import { givenText } from './case-preview.ts';

export interface Noticed {
  readonly refused: Refused | null;
  /** What would happen now is not what was asked for. */
  readonly hasChanged: boolean;
  readonly balance: Balance | null;
}

export function outcomeNotice(request: PageRequest, view: CaseView, { refused, hasChanged, balance }: Noticed): Markup {
  const { one, cannot } = view;
  return group(
    refused === null ? null : problem(sentence(refused.rejected.message)),
    cannot === null ? null : problem(`It cannot be done as it stands: ${cannot.message}`),
    hasChanged
      ? warning('This has changed since it was asked for. Approving it sends it back to whoever asked.')
      : null,
    one.failure === null || refused !== null ? null : warning(sentence(one.failure)),
    one.state === 'approved' || one.state === 'executing'
      ? warning('Stripe is being asked. It goes on by itself; reload to see how far it is.')
      : null,
    one.state === 'done' ? doneNotice(request, view, balance) : null,
    one.state === 'undone'
      ? notice(p(null, 'Taken back, as if it had not been given.'), balanceLine(request, view, balance))
      : null,
  );
}

function warning(text: string): Markup {
  return div({ class: 'notice notice-warn', role: 'status' }, text);
}

function balanceLine({ base }: PageRequest, { customer }: CaseView, balance: Balance | null): Markup {
  if (balance === null || balance.unit === null) return null;
  return p(
    null,
    'Available now: ',
    strong({ id: 'balance' }, credits(balance.available)),
    ' credits. ',
    a({ href: base + customerPath(customer.customerId) }, 'Open the customer'),
  );
}

function doneNotice(request: PageRequest, view: CaseView, balance: Balance | null): Markup {
  const { one, now } = view;
  const until = one.finishedAt === null ? null : new Date(one.finishedAt.getTime() + UNDO_MS);
  const mayUndo = one.result?.lotId !== undefined && one.kind === 'goodwill' && until !== null && until > now;
  return notice(
    p(null, strong(null, 'Done. '), one.result?.customerText ?? ''),
    balanceLine(request, view, balance),
    mayUndo && may(request.session.operator.roles, 'case.request')
      ? postForm(
          request,
          `${casePath(one.caseId)}/undo`,
          submit(`Undo (until ${instantText(until)}, while unspent)`, 'quiet'),
        )
      : null,
  );
}

/** The next step, for whoever may take it. */
export function caseSteps(request: PageRequest, view: CaseView): Markup {
  const { state } = view.one;
  const { roles } = request.session.operator;
  if (view.missing.length > 0 && (state === 'open' || state === 'refused' || state === 'lapsed'))
    return missingPanel(request, view);
  if (state === 'open' || state === 'refused' || state === 'lapsed') {
    return may(roles, 'case.request') ? submitPanel(request, view) : panel('Next step', p(null, 'Support submits it.'));
  }
  return state === 'waiting' ? decidePanel(request, view) : null;
}

/** A case that opened by itself: what it lacks, and the end of those that need nothing. */
function missingPanel(request: PageRequest, { missing, one }: CaseView): Markup {
  const path = casePath(one.caseId);
  const mayAsk = may(request.session.operator.roles, 'case.request');
  return panel(
    'What is missing',
    p(null, 'It cannot be submitted before these are there:'),
    ul(null, ...missing.map((name) => li(null, name.replaceAll('_', ' ')))),
    mayAsk && missing.includes('ticket') ? ticketForm(request, path) : null,
    mayAsk ? closeForm(request, path) : null,
  );
}

function ticketForm(request: PageRequest, path: string): Markup {
  return postForm(
    request,
    `${path}/ticket`,
    div(
      { class: 'field' },
      label({ for: 'ticket' }, 'Ticket'),
      input({ id: 'ticket', name: 'ticket', type: 'text', maxLength: 200, required: true, autocomplete: 'off' }),
    ),
    div({ class: 'pager' }, submit('Add the ticket')),
  );
}

function payload({ previewed }: CaseView): Markup {
  return input({ type: 'hidden', name: 'payload', value: previewed?.payloadHash ?? '' });
}

function submitPanel(request: PageRequest, view: CaseView): Markup {
  const { one, previewed, limits, rules } = view;
  const path = casePath(one.caseId);
  if (previewed === null) return panel('Next step', closeForm(request, path));
  const what = givenText(previewed.preview);
  const needsOther = limits.length > 0;
  const now = previewed.preview.money === null ? `Give ${what} now` : `Issue ${what} as a credit note`;
  const text = needsOther ? `Send ${what} for approval` : now;
  return panel(
    'Next step',
    needsOther
      ? limitsList(view.limits.map((limit) => limit.sentence))
      : p({ class: 'hint' }, 'This is within your limits.'),
    needsOther && rules.approvals === 'two_people'
      ? p(
          { class: 'hint' },
          `Somebody with the role approver or owner has ${spanText(APPROVAL_MS)} to say yes. The customer sees nothing yet.`,
        )
      : null,
    freshness(request),
    div({ class: 'pager' }, postForm(request, `${path}/submit`, payload(view), submit(text))),
    closeForm(request, path),
  );
}

function limitsList(sentences: readonly string[]): Markup {
  return group(p(null, 'A second person is needed:'), ul(null, ...sentences.map((text) => li(null, sentence(text)))));
}

/** Said before the click, so that nobody is surprised by the question. */
function freshness({ session }: PageRequest): Markup {
  return session.fresh ? null : p({ class: 'hint' }, 'You will be asked to confirm who you are first.');
}

function comment(id: string, text: string, required: boolean): Markup {
  return div(
    { class: 'field' },
    label({ for: id }, text),
    textarea({ id, name: id === 'reason' ? 'reason' : 'comment', rows: 2, maxLength: 2_000, required }),
  );
}

function closeForm(request: PageRequest, path: string): Markup {
  return details(
    null,
    summary(null, 'Withdraw it …'),
    postForm(
      request,
      `${path}/close`,
      comment('close-comment', 'Why it is not needed any more', true),
      submit('Withdraw this case', 'danger'),
    ),
  );
}

function decidePanel(request: PageRequest, view: CaseView): Markup {
  const { one, ownRequest, now } = view;
  const { roles } = request.session.operator;
  const path = casePath(one.caseId);
  const left = one.lapsesAt === null ? '' : ` Nobody can approve it after ${instantText(one.lapsesAt)}.`;
  const waiting = p(
    { class: 'hint' },
    `Asked ${spanText(now.getTime() - (one.submittedAt ?? now).getTime())} ago.${left}`,
  );
  const reasons = limitsList(one.limits.map((limit) => limit.sentence));
  if (!may(roles, 'case.approve')) {
    const who = ownRequest ?? 'Somebody with the role approver or owner decides. The customer sees nothing yet.';
    return panel(
      'Waits for a second person',
      waiting,
      reasons,
      p(null, who),
      may(roles, 'case.request') ? closeForm(request, path) : null,
    );
  }
  if (ownRequest !== null) {
    return panel('Waits for a second person', waiting, reasons, p(null, ownRequest), breakGlass(request, view, path));
  }
  return panel(
    'Your decision',
    waiting,
    reasons,
    freshness(request),
    div(
      { class: 'decision' },
      postForm(
        request,
        `${path}/approve`,
        payload(view),
        comment('approve-comment', 'Comment (may stay empty)', false),
        submit(one.preview === null ? 'Approve' : `Approve ${givenText(one.preview)}`),
      ),
      postForm(request, `${path}/refuse`, comment('refuse-comment', 'Why not', true), submit('Refuse', 'danger')),
    ),
  );
}

function breakGlass(request: PageRequest, view: CaseView, path: string): Markup {
  if (!may(request.session.operator.roles, 'case.override')) return null;
  return details(
    null,
    summary(null, 'Break the glass …'),
    p(null, 'You release it alone. An alarm goes off and the audit log says so for ever.'),
    postForm(
      request,
      `${path}/break-glass`,
      payload(view),
      comment('reason', 'Why nobody else could be asked', true),
      submit('Break the glass', 'danger'),
    ),
  );
}
