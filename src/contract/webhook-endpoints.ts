import { toWireId } from './ids.ts';

/** An endpoint of outgoing webhooks as the books know it. */
export interface EndpointFacts {
  readonly endpointId: string;
  readonly url: string;
  readonly description: string;
  readonly state: 'active' | 'disabled';
  readonly failingSince: Date | null;
  readonly disabledAt: Date | null;
  readonly disabledBecause: string | null;
  /** Until when the secret before also signs. */
  readonly previousUntil: Date | null;
  readonly createdAt: Date;
}

/** As the API and the command line show it, without its secret. */
export function shownEndpoint(endpoint: EndpointFacts): object {
  return {
    id: toWireId('endpoint', endpoint.endpointId),
    object: 'webhook_endpoint',
    url: endpoint.url,
    description: endpoint.description,
    state: endpoint.state,
    failing_since: endpoint.failingSince,
    disabled_at: endpoint.disabledAt,
    disabled_because: endpoint.disabledBecause,
    old_secret_signs_until: endpoint.previousUntil,
    created_at: endpoint.createdAt,
  };
}
