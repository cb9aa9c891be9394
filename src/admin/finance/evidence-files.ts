// Files that prove something: a field that takes one, the list of those that are kept, and their download.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { EVIDENCE_EXTENSIONS } from '../../domain/evidence-file.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { fetchEvidence } from '../../operations/attach-evidence.ts';
import type { VarianceView } from '../../operations/finance/read-variance.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { a, type Children, code, div, form, input, label, type Markup, span } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { panel, rows } from '../parts.ts';

export const evidencePages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/evidence/:id', permission: 'audit.read', answer: sendEvidence },
];

function evidencePath(evidenceId: string): string {
  return `/finance/evidence/${toWireId('evidence', evidenceId)}`;
}

/** A form that may carry a file. */
export function fileForm({ base, csrf }: PageRequest, path: string, ...fields: Children[]): Markup {
  return form(
    { method: 'post', action: `${base}${path}`, encType: 'multipart/form-data' },
    input({ type: 'hidden', name: 'csrf', value: csrf }),
    ...fields,
  );
}

export function fileField({ name, label: text }: { readonly name: string; readonly label: string }): Markup {
  return div(
    { class: 'field' },
    label({ for: name }, text),
    span({ class: 'note', id: `${name}-note` }, `At most 10 MB: ${EVIDENCE_EXTENSIONS.join(', ')}.`),
    input({ id: name, name, type: 'file', accept: EVIDENCE_EXTENSIONS.join(','), 'aria-describedby': `${name}-note` }),
  );
}

/** What is wrong with a file is wrong with its field. */
export function atFileField(rejected: Rejection): Rejection {
  return rejected.code === 'insufficient_credits' ? rejected : { ...rejected, param: 'file' };
}

type File = VarianceView['files'][number];

export function filesPanel(base: string, { files, names }: Pick<VarianceView, 'files' | 'names'>): Markup {
  if (files.length === 0) return null;
  return panel(
    'Evidence files',
    rows<File>(
      'Evidence files',
      [
        { name: 'File', show: ({ evidenceId, name }) => a({ href: base + evidencePath(evidenceId) }, name) },
        { name: 'Bytes', numeric: true, show: ({ byteCount }) => new Intl.NumberFormat('en').format(byteCount) },
        { name: 'sha256', show: ({ sha256 }) => span({ title: sha256 }, code(null, `${sha256.slice(0, 16)}…`)) },
        { name: 'By', show: ({ uploadedBy }) => names.get(uploadedBy) ?? uploadedBy },
        { name: 'When', show: ({ uploadedAt }) => instant(uploadedAt) },
      ],
      files,
    ),
  );
}

/** What an explanation or a correction rests on: a file, an address, or a ticket as it was written. */
export function evidenceLink(base: string, evidence: string, files: readonly File[]): Markup {
  const evidenceId = fromWireId('evidence', evidence);
  if (evidenceId !== null) {
    const file = files.find((one) => one.evidenceId === evidenceId);
    return a({ href: base + evidencePath(evidenceId) }, file?.name ?? evidence);
  }
  return /^https?:\/\//.test(evidence) ? a({ href: evidence, rel: 'noreferrer' }, evidence) : span(null, evidence);
}

async function sendEvidence({ deps }: ConsoleContext, { params }: PageRequest): Promise<PageAnswer> {
  const id = fromWireId('evidence', params['id'] ?? '');
  if (id === null) return refuse('unknown_evidence', 'no file has this id');
  const file = await fetchEvidence(deps, id);
  if ('rejected' in file) return file;
  return { file: { type: file.contentType, name: file.name, content: file.content } };
}
