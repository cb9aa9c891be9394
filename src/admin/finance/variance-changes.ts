// What people do about a difference: explain it, with a file where there is one, or give it an owner.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { evidenceIdOf } from '../../contract/variances.ts';
import { EVIDENCE_BYTES_MAX } from '../../domain/evidence-file.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { attachEvidence } from '../../operations/attach-evidence.ts';
import { assignVariance, explainVariance } from '../../operations/explain-variance.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { atFileField } from './evidence-files.ts';
import { showVariance } from './variance.ts';
import { variancePath } from './variances.ts';

export const varianceChangePages: readonly PageRoute[] = [
  {
    // Where a refused form stands, for who comes back to it.
    method: 'get',
    path: '/finance/variances/:id/explain',
    permission: 'close.read',
    answer: async (_context, { params }) => ({ to: `/finance/variances/${params['id'] ?? ''}` }),
  },
  {
    method: 'post',
    path: '/finance/variances/:id/explain',
    permission: 'variance.explain',
    fileBytesMax: EVIDENCE_BYTES_MAX,
    answer: explain,
  },
  { method: 'post', path: '/finance/variances/:id/assign', permission: 'variance.explain', answer: assign },
];

async function explain(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting, params, file } = request;
  const { deps } = context;
  const varianceId = fromWireId('var', params['id'] ?? '');
  if (varianceId === null) return unknown();
  const again = async (rejected: Rejection): Promise<PageAnswer> => showVariance(context, request, rejected);
  const note = form.get('note')?.trim() ?? '';
  if (note === '') return again({ code: 'invalid_request', message: 'say what it is', param: 'note' });
  const kept = file === null ? null : await attachEvidence(deps, acting, { varianceId, ...file });
  if (kept !== null && 'rejected' in kept) return again(atFileField(kept.rejected));
  const evidence = kept === null ? (form.get('evidence')?.trim() ?? '') : toWireId('evidence', kept.evidenceId);
  if (evidence === '') {
    const message = 'name what proves it: a ticket, an address, or a file';
    return again({ code: 'invalid_request', message, param: 'evidence' });
  }
  const evidenceId = evidenceIdOf(evidence);
  const done = await explainVariance(deps, acting, { varianceId, note, evidence, evidenceId });
  return 'rejected' in done ? again(done.rejected) : { to: variancePath(varianceId) };
}

async function assign(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting, params } = request;
  const varianceId = fromWireId('var', params['id'] ?? '');
  if (varianceId === null) return unknown();
  const done = await assignVariance(context.deps, acting, { varianceId, owner: form.get('owner') ?? '' });
  return 'rejected' in done ? showVariance(context, request, done.rejected) : { to: variancePath(varianceId) };
}

function unknown(): PageAnswer {
  return refuse('unknown_variance', 'there is no variance of this id');
}
