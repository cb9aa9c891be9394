// The monthly pricing health packs: which there are, and each as it was issued.
import { month as monthSchema } from '../../contract/journal-exports.ts';
import type { Verdict } from '../../domain/health-pack/verdict.ts';
import { refuse } from '../../domain/rejection.ts';
import { issueLastMonth } from '../../operations/health-pack/issue-due-packs.ts';
import { type IssuedPack, listHealthPacks, readHealthPackFile } from '../../operations/health-pack/issue-pack.ts';
import { healthPackFiles } from '../../reports/health-pack/files.ts';
import { VERDICT_MARKS } from '../../reports/health-pack/verdict-text.ts';
import { monthName } from '../../reports/numbers.ts';
import { REPORT_POLICY } from '../../reports/stylesheet.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { a, code, group, type Markup, p, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { empty, heading, panel, postForm, rows, submit, tag } from '../parts.ts';

export const reportPages: readonly PageRoute[] = [
  { method: 'get', path: '/reports', permission: 'close.read', answer: packs },
  { method: 'post', path: '/reports', permission: 'close.request', answer: issue },
  { method: 'get', path: '/reports/:month', permission: 'close.read', answer: page },
  { method: 'get', path: '/reports/:month/:name', permission: 'close.read', answer: file },
];

const SHOWN = 60;

async function packs({ deps }: ConsoleContext, asked: PageRequest): Promise<PageAnswer> {
  const issued = await listHealthPacks(deps, { limit: SHOWN });
  return {
    title: 'Reports',
    at: '/reports',
    body: [
      heading('Reports', postForm(asked, '/reports', submit('Issue last month’s pack'))),
      p(
        { class: 'lead' },
        'Each month says whether the pricing model holds: keep, adjust or migrate, with the reasons. A pack is issued on day 2 and is never changed.',
      ),
      issued.length === 0
        ? empty('No pack was issued yet. The first one comes on day 2 of a month, or by the button above.')
        : panel('Pricing health packs', table(asked.base, issued)),
    ],
  };
}

const TAGS = { good: 'good', warn: 'warn', bad: 'bad' } as const;

function table(base: string, issued: readonly IssuedPack[]): Markup {
  return rows<IssuedPack>(
    'Issued packs, the newest first',
    [
      { name: 'Month', show: ({ month }) => a({ href: `${base}/reports/${month}` }, monthName(month)) },
      { name: 'Verdict', show: ({ verdict }) => verdictTag(verdict) },
      { name: 'Reasons', show: ({ reasons }) => group(...reasons.map((reason) => small(null, reason))) },
      { name: 'Issued', show: ({ issuedAt }) => instant(issuedAt) },
      {
        name: 'Files',
        show: ({ month, files }) =>
          group(
            ...files.map(({ name }) =>
              group(a({ href: `${base}/reports/${month}/${name}` }, name.split('.').at(-1) ?? ''), ' '),
            ),
          ),
      },
      { name: 'Hash', show: ({ hash }) => code({ title: hash }, hash.slice(0, 12)) },
    ],
    issued,
  );
}

function verdictTag(verdict: Verdict['word']): Markup {
  return tag(verdict, TAGS[VERDICT_MARKS[verdict]]);
}

async function issue({ deps, wake }: ConsoleContext, _asked: PageRequest): Promise<PageAnswer> {
  const pack = await issueLastMonth(deps, healthPackFiles, _asked.acting.subject);
  if ('rejected' in pack) return pack;
  wake('alerts');
  return { to: '/reports' };
}

/** As it was issued, in its own page: it brings its own style sheet and nothing else. */
async function page({ deps }: ConsoleContext, { params }: PageRequest): Promise<PageAnswer> {
  const month = monthOf(params);
  if (month === null) return UNKNOWN;
  const found = await readHealthPackFile(deps, month, `health-pack-${month}.html`);
  if ('rejected' in found) return found;
  return { file: { type: found.mediaType, content: found.content, name: null, policy: REPORT_POLICY } };
}

async function file({ deps }: ConsoleContext, { params }: PageRequest): Promise<PageAnswer> {
  const month = monthOf(params);
  if (month === null) return UNKNOWN;
  const found = await readHealthPackFile(deps, month, params['name'] ?? '');
  if ('rejected' in found) return found;
  return { file: { type: found.mediaType, content: found.content, name: found.name } };
}

const UNKNOWN = refuse('unknown_pack_of_month', 'A pack is of a month such as 2026-06.');

function monthOf(params: PageRequest['params']): string | null {
  const read = monthSchema.safeParse(params['month']);
  return read.success ? read.data : null;
}
