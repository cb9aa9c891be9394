// Models, keys, features and members that nobody registered: what was found, and who answers for what.
import { formatNano } from '../../domain/nano-money.ts';
import { may } from '../../domain/operator.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { type RegisteredUse, SHADOW_KINDS } from '../../domain/shadow.ts';
import { decideShadow, readRegistry } from '../../operations/shadow/decide-shadow.ts';
import { readFindings, type ShownFinding } from '../../operations/shadow/find-shadow.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { choiceField, mistakes, radios, textField, type Typed } from '../forms.ts';
import { customerPath } from '../ids.ts';
import { a, type Children, code, div, group, type Markup, p, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, heading, panel, postForm, rows, submit, tag } from '../parts.ts';

export const shadowPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/shadow',
    permission: 'margin.read',
    answer: async (context, request) => showShadow(context, request, null),
  },
  { method: 'post', path: '/shadow', permission: 'shadow.decide', answer: decide },
];

async function showShadow(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { acting, base, session, form, query } = request;
  const [found, registry] = await Promise.all([
    readFindings(deps, acting, { state: null }),
    readRegistry(deps, acting),
  ]);
  if ('rejected' in found) return found;
  if ('rejected' in registry) return registry;
  const typed = { values: rejected === null ? query : form, rejected };
  const open = found.filter(({ state }) => state === 'open').length;
  return {
    title: 'Shadow AI',
    at: '/shadow',
    ...(rejected !== null && { status: 422 }),
    body: [
      heading('Shadow AI'),
      p({ class: 'lead' }, sentenceOf(registry, open)),
      mistakes(typed),
      found.length === 0
        ? empty('Nothing was found that nobody registered.')
        : panel('Found', rows('What was found, the open ones first', findingColumns(base), found)),
      registry.length === 0
        ? null
        : panel('Registry', rows('Who answers for what, and what is blocked', REGISTRY_COLUMNS, registry)),
      may(session.operator.roles, 'shadow.decide') ? decisionForm(request, typed) : null,
    ],
  };
}

function sentenceOf(registry: readonly RegisteredUse[], open: number): string {
  if (registry.length === 0) {
    return 'Nothing is watched yet: register a model, a key, a feature or a member, and others of its kind are found.';
  }
  const count = open === 1 ? 'One name is' : `${open === 0 ? 'No' : open} names are`;
  return `${count} used or billed without anybody answering for it. What is blocked is refused at the next check or hold.`;
}

type Shown = readonly [words: string, kind: 'good' | 'warn' | 'bad'];

const STATES: Readonly<Record<ShownFinding['state'], Shown>> = {
  open: ['Open', 'warn'],
  acknowledged: ['Acknowledged', 'good'],
  blocked: ['Blocked', 'bad'],
};
const REGISTERED: Shown = ['Registered', 'good'];

function findingColumns(base: string): readonly Column<ShownFinding>[] {
  return [
    { name: 'State', show: ({ state }) => tag(...STATES[state]) },
    { name: 'What', show: ({ kind, name }) => div(null, code(null, name), small(null, kind)) },
    { name: 'First seen', show: ({ firstSeenAt }) => instant(firstSeenAt) },
    { name: 'Uses', numeric: true, show: ({ uses }) => uses.toLocaleString('en-US') },
    { name: 'Amount', numeric: true, show: amount },
    { name: 'Owner', show: ({ entry }) => entry?.owner ?? '–' },
    { name: 'Whose', show: (found) => whose(base, found) },
    {
      name: 'Decide',
      show: ({ kind, name }) =>
        a({ href: `${base}/shadow?kind=${kind}&name=${encodeURIComponent(name)}#name` }, `Decide about ${name}`),
    },
  ];
}

function amount({ costs }: ShownFinding): Children {
  if (costs.length === 0) return '–';
  return group(
    ...costs.map(({ via, currency, nano }) =>
      div(null, `${currency.toUpperCase()} ${formatNano(nano)}`, small(null, via === 'usage' ? 'told' : 'billed')),
    ),
  );
}

function whose(base: string, { customerId, customer, via }: ShownFinding): Children {
  if (customerId === null) return via === 'usage' ? '–' : 'on a bill';
  return a({ href: base + customerPath(customerId) }, customer?.name ?? customer?.externalId ?? 'customer');
}

const REGISTRY_COLUMNS: readonly Column<RegisteredUse>[] = [
  {
    name: 'State',
    show: ({ state }) => tag(...(state === 'blocked' ? STATES.blocked : REGISTERED)),
  },
  { name: 'What', show: ({ kind, name }) => div(null, code(null, name), small(null, kind)) },
  { name: 'Owner', show: ({ owner }) => owner },
  { name: 'Why', show: ({ reason }) => reason },
  { name: 'Since', show: ({ changedAt }) => instant(changedAt) },
];

function decisionForm(request: PageRequest, typed: Typed): Markup {
  return panel(
    'Register or block',
    postForm(
      request,
      '/shadow',
      div(
        { class: 'fields' },
        choiceField(
          { name: 'kind', label: 'Kind' },
          SHADOW_KINDS.map((kind) => [kind, kind] as const),
          typed,
        ),
        textField(
          { name: 'name', label: 'Name', note: 'with * at the end: every name that begins so', required: true },
          typed,
        ),
        radios(
          { name: 'state', label: 'Decision' },
          [
            ['registered', 'Register it', 'somebody answers for it; what was found is acknowledged'],
            ['blocked', 'Block it', 'the next check or hold that names it is refused'],
          ],
          typed,
        ),
        textField({ name: 'owner', label: 'Owner', note: 'who answers for it; you, if left empty' }, typed),
        textField({ name: 'reason', label: 'Why', required: true }, typed),
        div({ class: 'pager' }, submit('Keep the decision')),
      ),
    ),
  );
}

async function decide(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting } = request;
  const kind = SHADOW_KINDS.find((one) => one === form.get('kind'));
  if (kind === undefined) {
    return showShadow(context, request, { code: 'invalid_request', message: 'choose a kind', param: 'kind' });
  }
  const owner = form.get('owner')?.trim() ?? '';
  const decided = await decideShadow(context.deps, acting, {
    kind,
    name: form.get('name')?.trim() ?? '',
    state: form.get('state') === 'blocked' ? 'blocked' : 'registered',
    owner: owner === '' ? null : owner,
    reason: form.get('reason')?.trim() ?? '',
  });
  return 'rejected' in decided ? showShadow(context, request, decided.rejected) : { to: '/shadow' };
}
