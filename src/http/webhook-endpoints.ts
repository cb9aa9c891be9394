import { endpointBody } from '../contract/alerts.ts';
import { wireId } from '../contract/ids.ts';
import { shownEndpoint } from '../contract/webhook-endpoints.ts';
import {
  listEndpoints,
  registerEndpoint,
  rotateEndpointSecret,
  switchEndpoint,
} from '../operations/webhook-endpoints.ts';
import { parse } from './parse.ts';
import { type ApiRequest, ok, type Reply, type Route } from './route.ts';

const PATH = '/v1/webhook_endpoints';

export const webhookEndpointRoutes: readonly Route[] = [
  {
    method: 'post',
    path: PATH,
    scopes: ['admin'],
    reply: async (context, request) => {
      const asked = parse(endpointBody, request.body);
      if ('rejected' in asked) return asked;
      const made = await registerEndpoint(context, asked.value);
      // The only time that the secret is shown.
      return 'rejected' in made ? made : ok({ ...shownEndpoint(made.endpoint), secret: made.secret });
    },
  },
  {
    method: 'get',
    path: PATH,
    scopes: ['read', 'support'],
    reply: async (context) => {
      const data = (await listEndpoints(context)).map(shownEndpoint);
      return ok({ object: 'list', url: PATH, has_more: false, data });
    },
  },
  {
    method: 'post',
    path: `${PATH}/:id/rotate`,
    scopes: ['admin'],
    reply: async (context, request) =>
      ofEndpoint(request, async (id) => {
        const rotated = await rotateEndpointSecret(context, id);
        return 'rejected' in rotated ? rotated : ok({ ...shownEndpoint(rotated.endpoint), secret: rotated.secret });
      }),
  },
  ...(['active', 'disabled'] as const).map((state): Route => ({
    method: 'post',
    path: `${PATH}/:id/${state === 'active' ? 'enable' : 'disable'}`,
    scopes: ['admin'],
    reply: async (context, request) =>
      ofEndpoint(request, async (id) => {
        const switched = await switchEndpoint(context, id, state);
        return 'rejected' in switched ? switched : ok(shownEndpoint(switched));
      }),
  })),
];

async function ofEndpoint({ params }: ApiRequest, work: (id: string) => Promise<Reply>): Promise<Reply> {
  const id = parse(wireId('endpoint'), params['id']);
  if ('rejected' in id) return { rejected: { ...id.rejected, code: 'unknown_webhook_endpoint', param: 'id' } };
  return work(id.value);
}
