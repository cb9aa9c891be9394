// Of docs/how-to/charge-a-route.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const app: import('express').Express;
declare const makeReport: import('express').RequestHandler;
declare const billing: import('creditpool').Billing;
app.post('/reports', billing.requireCredits('report.generate'), makeReport);
billing.jobs.start();
void [app, makeReport, billing];
export {};
