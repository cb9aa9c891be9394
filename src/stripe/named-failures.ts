// The SDK takes an answer for success when its JSON has no `error`, whatever its status says (stripe-node,
// RequestSender: "if there is no error field"). A gateway on the way that answers 503 with `{}` would pass for a credit
// note that was made. Here a failing status is a failure.
import type { Stripe } from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/** The client with an error in each answer whose status says that it failed. */
export function namedFailures(inner: HttpClient): HttpClient {
  const makeRequest: HttpClient['makeRequest'] = async (...request) => {
    const answer = await inner.makeRequest(...request);
    const status = answer.getStatusCode();
    if (status < 400) return answer;
    const read = answer.toJSON.bind(answer);
    return Object.assign(answer, { toJSON: async () => withError(await read(), status) });
  };
  return Object.assign(Object.create(inner) as HttpClient, { makeRequest });
}

function withError(body: unknown, status: number): object {
  if (typeof body === 'object' && body !== null && 'error' in body && Boolean(body.error)) return body;
  return { error: { type: 'api_error', message: `answered ${status} and did not say why` } };
}
