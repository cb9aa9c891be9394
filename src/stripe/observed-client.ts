// Every exchange with Stripe, timed and traced, under the template of its path: ids are nobody's label.
import type { Stripe } from 'stripe';

import type { Observer } from '../telemetry/observer.ts';
import { inSpan } from '../telemetry/spans.ts';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

export function observedClient(observer: Observer, inner: HttpClient): HttpClient {
  const makeRequest: HttpClient['makeRequest'] = async (...request) => {
    const [host, , path, method] = request;
    const resource = resourceOf(path);
    const started = performance.now();
    let status = 0;
    try {
      const attributes = { 'http.request.method': method, 'url.template': resource, 'server.address': host };
      return await inSpan(`${method} ${resource}`, { kind: 'client', attributes }, async (span) => {
        const answer = await inner.makeRequest(...request);
        status = answer.getStatusCode();
        span.setAttributes({ 'http.response.status_code': status });
        return answer;
      });
    } finally {
      observer.stripeCall({ method, resource, status, seconds: (performance.now() - started) / 1000 });
    }
  };
  return Object.assign(Object.create(inner) as HttpClient, { makeRequest });
}

/** `/v1/invoices/in_1Abc/finalize?expand[]=…` as `/v1/invoices/:id/finalize`: Stripe's own words have no capitals or digits. */
export function resourceOf(path: string): string {
  const [bare = ''] = path.split('?');
  return bare
    .split('/')
    .map((part, index) => (index > 1 && /[^a-z_]/.test(part) ? ':id' : part))
    .join('/');
}
