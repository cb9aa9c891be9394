// Who did what, newest first. A row is written in the transaction of its act and never changed.
import { toWireId } from '../../contract/ids.ts';
import { type AuditPage, listAuditLog } from '../../operations/operators/list-audit-log.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, code, details, div, type Markup, p, pre, small, span, summary } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, heading, panel, rows } from '../parts.ts';
import { actorWords, sentenceCase } from '../words.ts';

export const auditPages: readonly PageRoute[] = [
  { method: 'get', path: '/audit', permission: 'audit.read', answer: showAudit },
];

type Row = AuditPage['rows'][number];

const SHOWN = 50;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function showAudit({ deps }: ConsoleContext, { acting, base, query }: PageRequest): Promise<PageAnswer> {
  const before = query.get('before');
  const objectId = query.get('object')?.slice(0, 300) ?? null;
  const page = await listAuditLog(deps, acting, {
    limit: SHOWN,
    ...(before !== null && UUID.test(before) && { before }),
    ...(objectId !== null && { objectId }),
  });
  if ('rejected' in page) return page;
  const oldest = page.rows.at(-1);
  return {
    title: 'Audit log',
    at: '/audit',
    body: [
      heading('Audit log'),
      p({ class: 'lead' }, 'One row for each act of a person, written together with the act. Rows are never changed.'),
      page.rows.length === 0
        ? empty(before === null ? 'Nobody has done anything yet.' : 'Nothing older.')
        : panel('Newest first', rows('Audit log, newest first', columns(base), page.rows)),
      div(
        { class: 'pager' },
        page.hasMore && oldest !== undefined
          ? a({ class: 'button', href: `${base}/audit?before=${oldest.auditId}` }, 'Older')
          : null,
      ),
    ],
  };
}

function columns(base: string): readonly Column<Row>[] {
  return [
    { name: 'When', show: ({ at }) => instant(at) },
    {
      name: 'Who',
      show: ({ actor, actorName, roles }) => div(null, actorName ?? actorWords(actor), small(null, roles.join(', '))),
    },
    { name: 'Did', show: ({ action }) => sentenceCase(action.replaceAll(/[._]/g, ' ')) },
    { name: 'To', show: (row) => object(base, row) },
    { name: 'Why', show: ({ reason }) => reason ?? '–' },
    { name: 'More', show: more },
  ];
}

function object(base: string, { objectType, objectId, customerId }: Row): Markup {
  if (objectType === 'case') return a({ href: base + casePath(objectId) }, code(null, toWireId('case', objectId)));
  return div(
    null,
    objectType.replaceAll('_', ' '),
    customerId === null ? null : small(null, a({ href: base + customerPath(customerId) }, 'customer')),
  );
}

function more({ before, after, requestId, address, action }: Row): Markup {
  const whole = { before, after, request: requestId, address };
  return details(
    null,
    summary(null, 'Show', span({ class: 'unseen' }, ` what ${action} changed`)),
    pre({ class: 'raw', tabIndex: 0 }, JSON.stringify(whole, null, 2)),
  );
}
