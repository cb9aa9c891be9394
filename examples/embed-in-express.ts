// Credits inside a host's own Express app: the router is mounted before any body parser, since webhook signatures need the raw body; a
// route is paid for by a middleware in front of it.
import { createBilling, type BillingSettings } from 'creditpool';
import express, { type Express } from 'express';

export function hostApp(settings: BillingSettings): { app: Express; close: () => Promise<void> } {
  const billing = createBilling({
    ...settings,
    identify: (request) => {
      const organisation = request.get('x-organisation');
      return organisation === undefined ? null : { customer: `ext:${organisation}` };
    },
  });
  const app = express();
  app.use('/billing', billing.router);
  app.use(express.json());

  app.post('/reports', billing.requireCredits('report.generate'), (_request, response) => {
    response.status(201).json({ report: 'made' });
  });

  billing.jobs.start();
  return { app, close: billing.close };
}
