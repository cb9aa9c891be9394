// Of docs/plugin.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const databaseUrl: string;
declare const secretKey: string;
declare const webhookSecrets: readonly string[];
declare const apiKeyPepper: string;
declare const publicUrl: string;
declare const log: import('pino').Logger;
declare const makeReport: import('express').RequestHandler;
declare const orgOf: (request: import('express').Request) => string;
declare const credits: import('creditpool/client').Creditpool;
declare const request: RequestInit & { signal: AbortSignal };
import { createBilling } from 'creditpool';
import express from 'express';

const billing = createBilling({
  databaseUrl,
  stripe: { secretKey },
  webhookSecrets,
  apiKeyPepper,
  publicUrl: 'https://app.example.com/billing',
  log,
  identify: (request) => ({ customer: `ext:${orgOf(request)}` }), // your own: who is signed in?
  spool: '/var/lib/app/credits.spool',
});
const app = express();
app.use('/billing', billing.router); // before express.json(): webhook signatures need the raw body
app.post('/reports', billing.requireCredits('report.generate'), makeReport);
billing.jobs.start();
void [databaseUrl, secretKey, webhookSecrets, apiKeyPepper, publicUrl, log, makeReport, orgOf, credits, request, billing, app];
export {};
