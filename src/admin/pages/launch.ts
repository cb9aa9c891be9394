// The launch ladder: where each action stands, what the shadow books say, what the gate finds, and who answers for it.
import { MODE_WORDS } from '../../domain/ladder.ts';
import type { GateRow } from '../../domain/launch-gate.ts';
import { reviewWarning } from '../../domain/model-review.ts';
import { may } from '../../domain/operator.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { promoteActions } from '../../operations/launch/move-actions.ts';
import { type Ascent, type Launch, type LaunchAction, readLaunch } from '../../operations/launch/read-launch.ts';
import { signGateRow } from '../../operations/launch/sign-gate-row.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, instant } from '../figures.ts';
import { mistakes, textField } from '../forms.ts';
import { siteOf } from '../ids.ts';
import { a, type Children, code, div, h2, input, li, type Markup, p, small, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, panel, postForm, problem, rows, submit, tag } from '../parts.ts';
import { sentence } from '../words.ts';

export const launchPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/launch',
    permission: 'case.read',
    answer: async (context, request) => showLaunch(context, request, null),
  },
  { method: 'post', path: '/launch/sign', permission: 'launch.sign', answer: sign },
  { method: 'post', path: '/launch/up', permission: 'launch.change', stepUp: () => '/launch', answer: goUp },
];

async function showLaunch(
  context: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const launch = await readLaunch(context.deps);
  if ('rejected' in launch) return launch;
  const warning = reviewWarning(launch.review);
  return {
    title: 'Launch ladder',
    at: '/plans',
    ...(rejected !== null && { status: 409 }),
    body: [
      crumbs(request.base, ['Plans', '/plans']),
      heading('Launch ladder'),
      warning === null ? null : problem(sentence(warning)),
      rejected === null ? null : mistakes({ values: request.form, rejected }),
      panel('Where each action stands', ladder(launch)),
      ...(launch.next === null ? [p({ class: 'lead' }, 'Everything is enforced.')] : [gate(request, launch.next)]),
    ],
  };
}

function ladder({ actions, review, asOf }: Launch): Children {
  return [
    rows<LaunchAction>(
      'Actions and their modes',
      [
        { name: 'Action', show: ({ action }) => action },
        { name: 'Mode', show: ({ mode }) => tag(mode, mode === 'enforce' ? 'good' : 'warn') },
        { name: 'Price', show: ({ price }) => price },
        { name: 'Watched', numeric: true, show: ({ observed }) => String(observed) },
        { name: 'Would draw', numeric: true, show: ({ shadow }) => (shadow === null ? '–' : credits(shadow.lots)) },
        {
          name: 'Would be overage',
          numeric: true,
          show: ({ shadow }) => (shadow === null ? '–' : credits(shadow.overage)),
        },
        {
          name: 'Would be refused',
          numeric: true,
          show: ({ shadow }) => (shadow === null ? '–' : credits(shadow.refused)),
        },
      ],
      actions,
    ),
    p(
      { class: 'as-of' },
      'Uses of the last 30 days, as of ',
      instant(asOf),
      '. Review: ',
      review.reviewOn ?? 'no date is set',
      '.',
    ),
  ];
}

const KINDS = { pass: 'good', signed: 'good', not_asked: 'plain', sign_off: 'warn', fail: 'bad' } as const;
const WORDS: Readonly<Record<GateRow['state'], string>> = {
  pass: 'holds',
  signed: 'signed',
  not_asked: 'not asked yet',
  sign_off: 'a person decides',
  fail: 'does not hold',
};

function gate(request: PageRequest, { to, actions, gate: found, passed }: Ascent): Markup {
  const { roles } = request.session.operator;
  const typed = { values: new URLSearchParams(), rejected: null };
  return panel(
    `The gate to ${to}`,
    p({ class: 'hint' }, `${actions.join(', ')}: ${MODE_WORDS[to]}.`),
    ...found.map((row) => gateRow(request, row)),
    !may(roles, 'launch.change')
      ? p({ class: 'hint' }, 'Somebody with the role finance or owner takes them up.')
      : passed || found.every(({ row, state }) => row === 'review' || (state !== 'fail' && state !== 'sign_off'))
        ? postForm(
            request,
            '/launch/up',
            div(
              { class: 'fields' },
              textField({ name: 'reason', label: 'Why now', required: true }, typed),
              textField({ name: 'review_on', label: 'Review the credit model on (2026-10-01)' }, typed),
              div({ class: 'pager' }, submit(`Take ${actions.join(', ')} to ${to}`)),
            ),
          )
        : p({ class: 'hint' }, 'Nothing goes up while a row does not hold.'),
  );
}

function gateRow(request: PageRequest, { row, title, state, proof, fix, evidence, signed }: GateRow): Markup {
  const typed = { values: new URLSearchParams(), rejected: null };
  return div(
    { class: 'gate-row' },
    h2(null, title, ' ', tag(WORDS[state], KINDS[state])),
    p(null, proof),
    signed === null ? null : p(null, `Signed by ${signed.by}: ${signed.reason}`),
    fix === null ? null : p({ class: 'hint' }, fix),
    evidence.length === 0
      ? null
      : ul({ class: 'evidence' }, ...evidence.map((path) => li(null, small(null, evidenceLink(request.base, path))))),
    state === 'sign_off' && may(request.session.operator.roles, 'launch.sign')
      ? postForm(
          request,
          '/launch/sign',
          div(
            { class: 'fields' },
            textField({ name: `reason_${row}`, label: `Your reason (${title})`, required: true }, typed),
            div({ class: 'pager' }, submit('Sign this row', 'quiet')),
          ),
          input({ type: 'hidden', name: 'row', value: row }),
        )
      : null,
  );
}

/** What the API answers wants a key, so it is named and not linked. */
function evidenceLink(base: string, path: string): Markup {
  const isPage = !path.startsWith('/v1/') || path.endsWith('/policy');
  return isPage ? a({ href: siteOf(base, path) }, path) : code(null, path);
}

async function sign(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const row = request.form.get('row') ?? '';
  const reason = request.form.get(`reason_${row}`)?.trim() ?? '';
  const signed =
    reason === ''
      ? refuse('invalid_request', 'say why you answer for it', { param: 'reason' })
      : await signGateRow(context.deps, request.acting, { row, reason });
  return 'rejected' in signed ? showLaunch(context, request, signed.rejected) : { to: '/launch' };
}

async function goUp(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const reason = request.form.get('reason')?.trim() ?? '';
  const reviewOn = request.form.get('review_on')?.trim() ?? '';
  const moved =
    reason === ''
      ? refuse('invalid_request', 'say why now', { param: 'reason' })
      : await promoteActions(context.deps, request.acting, { reason, ...(reviewOn !== '' && { reviewOn }) });
  return 'rejected' in moved ? showLaunch(context, request, moved.rejected) : { to: '/launch' };
}
