// Of README.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const databaseUrl: string;
declare const secretKey: string;
declare const webhookSecrets: readonly string[];
declare const apiKeyPepper: string;
declare const publicUrl: string;
declare const log: import('pino').Logger;
declare const app: import('express').Express;
declare const makeReport: import('express').RequestHandler;
declare const request: RequestInit & { signal: AbortSignal };
import { createBilling } from 'creditpool';

const billing = createBilling({
  databaseUrl,
  stripe: { secretKey },
  webhookSecrets,
  apiKeyPepper,
  publicUrl,
  log,
  identify: (request) => ({ customer: `ext:${request.get('x-organisation')}` }), // who pays: of your session
});
app.use('/billing', billing.router); // before express.json(): webhook signatures need the raw body
app.post('/reports', billing.requireCredits('report.generate'), makeReport);
billing.jobs.start();
void [databaseUrl, secretKey, webhookSecrets, apiKeyPepper, publicUrl, log, app, makeReport, request, billing];
export {};
