// Of docs/widget.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const CREDITPOOL_URL: string;
declare const CREDITPOOL_API_KEY: string;
declare const app: import('express').Express;
declare const signedIn: import('express').RequestHandler;
declare const orgOf: (request: import('express').Request) => string;
declare const isAdmin: (request: import('express').Request) => boolean;
declare const request: RequestInit & { signal: AbortSignal };
declare const response: import('node:http').ServerResponse;
app.post('/credit-token', signedIn, async (request, response) => {
  const answer = await fetch(`${CREDITPOOL_URL}/v1/portal_tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CREDITPOOL_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ customer: `ext:${orgOf(request)}`, may_buy: isAdmin(request) }),
  });
  response.status(answer.status).json(await answer.json());
});
void [CREDITPOOL_URL, CREDITPOOL_API_KEY, app, signedIn, orgOf, isAdmin, request, response];
export {};
