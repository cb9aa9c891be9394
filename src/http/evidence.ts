import { wireId } from '../contract/ids.ts';
import { evidenceQuery, shownEvidence } from '../contract/variances.ts';
import { EVIDENCE_BYTES_MAX, tooLarge } from '../domain/evidence-file.ts';
import { attachEvidence, fetchEvidence, listEvidence } from '../operations/attach-evidence.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Route, type SentFile } from './route.ts';

export const evidenceRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/variances/:id/evidence',
    scopes: ['finance'],
    takesFile: { bytesMax: EVIDENCE_BYTES_MAX, tooLarge: tooLarge().rejected },
    reply: async ({ deps }, request) => {
      const id = parse(wireId('var'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(evidenceQuery, request.query);
      if ('rejected' in asked) return asked;
      const sent = request.body as SentFile;
      const kept = await attachEvidence(deps, actingOf(request), {
        varianceId: id.value,
        name: asked.value.name,
        ...sent,
      });
      return 'rejected' in kept ? kept : { status: 201, body: shownEvidence(kept) };
    },
  },
  {
    method: 'get',
    path: '/v1/variances/:id/evidence',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, { params }) => {
      const id = parse(wireId('var'), params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const files = await listEvidence(deps, id.value);
      if ('rejected' in files) return files;
      const url = `/v1/variances/${params['id'] ?? ''}/evidence`;
      return ok({ object: 'list', url, has_more: false, data: files.map(shownEvidence) });
    },
  },
  {
    method: 'get',
    path: '/v1/evidence/:id/content',
    scopes: ['finance'],
    reply: async ({ deps }, { params }) => {
      const id = parse(wireId('evidence'), params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const file = await fetchEvidence(deps, id.value);
      if ('rejected' in file) return file;
      return { status: 200, body: {}, file: { type: file.contentType, name: file.name, content: file.content } };
    },
  },
];
