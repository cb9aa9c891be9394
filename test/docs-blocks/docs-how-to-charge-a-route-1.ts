// Of docs/how-to/charge-a-route.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const databaseUrl: string;
declare const secretKey: string;
declare const webhookSecrets: readonly string[];
declare const apiKeyPepper: string;
declare const publicUrl: string;
declare const log: import('pino').Logger;
declare const app: import('express').Express;
declare const orgOf: (request: import('express').Request) => string;
declare const request: RequestInit & { signal: AbortSignal };
import { createBilling } from 'creditpool';

const billing = createBilling({
  databaseUrl,
  stripe: { secretKey },
  webhookSecrets,
  apiKeyPepper,
  publicUrl: 'https://app.example.com/billing',
  log,
  identify: (request) => ({ customer: `ext:${orgOf(request)}` }), // your own: who is signed in?
});
app.use('/billing', billing.router);
void [databaseUrl, secretKey, webhookSecrets, apiKeyPepper, publicUrl, log, app, orgOf, request, billing];
export {};
