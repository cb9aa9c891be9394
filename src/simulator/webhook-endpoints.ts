import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { array, boolean, changedMetadata, ignored, metadata, paging, required, text, word } from './parameters.ts';
import { route } from './routes.ts';
import { API_VERSION, type WebhookEndpoint } from './wire.ts';
import { need, type World } from './world.ts';

/** The secret is shown once, when the endpoint is made. */
function withoutSecret(endpoint: WebhookEndpoint): object {
  const { secret: _hidden, ...shown } = endpoint;
  return shown;
}

/** Removes an endpoint and what was still on its way to it. */
function removeEndpoint(world: World, id: string): void {
  for (const { id: delivery } of world.store.by('deliveries', 'queue', id)) {
    world.store.patch('deliveries', delivery, { state: 'given_up', queue: null });
  }
  world.store.remove('webhook_endpoints', id);
}

export const webhookEndpointRoutes = [
  route(
    'POST',
    '/v1/webhook_endpoints',
    {
      enabled_events: required(array(word())),
      url: required(word()),
      api_version: word(),
      connect: ignored(),
      description: text(),
      metadata: metadata(),
    },
    ({ world, values }) => {
      const endpoint: WebhookEndpoint = {
        id: freshId('we'),
        object: 'webhook_endpoint',
        api_version: values.api_version ?? API_VERSION,
        application: null,
        created: world.now(),
        description: values.description ?? null,
        enabled_events: values.enabled_events,
        livemode: false,
        metadata: changedMetadata({}, values.metadata),
        secret: freshId('whsec', 32),
        status: 'enabled',
        url: values.url,
      };
      return world.store.put('webhook_endpoints', endpoint);
    },
  ),
  route('GET', '/v1/webhook_endpoints', paging, ({ world, values, path }) => {
    const found = world.store.all('webhook_endpoints').toReversed();
    const shown = found.map((endpoint) => ({ ...withoutSecret(endpoint), id: endpoint.id }));
    return page(shown, values, path);
  }),
  route('GET', '/v1/webhook_endpoints/{id}', {}, ({ world, id }) =>
    withoutSecret(need(world, 'webhook_endpoints', id, 'webhook endpoint')),
  ),
  route(
    'POST',
    '/v1/webhook_endpoints/{id}',
    { enabled_events: array(word()), url: word(), disabled: boolean(), description: text(), metadata: metadata() },
    ({ world, id, values }) => {
      const before = need(world, 'webhook_endpoints', id, 'webhook endpoint');
      return withoutSecret(
        world.store.patch('webhook_endpoints', id, {
          metadata: changedMetadata(before.metadata, values.metadata),
          ...(values.enabled_events === undefined ? {} : { enabled_events: values.enabled_events }),
          ...(values.url === undefined ? {} : { url: values.url }),
          ...(values.description === undefined ? {} : { description: values.description }),
          ...(values.disabled === undefined ? {} : { status: values.disabled ? 'disabled' : 'enabled' }),
        }),
      );
    },
  ),
  route('DELETE', '/v1/webhook_endpoints/{id}', {}, ({ world, id }) => {
    need(world, 'webhook_endpoints', id, 'webhook endpoint');
    removeEndpoint(world, id);
    return { id, object: 'webhook_endpoint', deleted: true };
  }),
];
