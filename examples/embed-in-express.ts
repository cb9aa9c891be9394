// Credits inside a host's own Express app: the router is mounted before any body parser, since webhook signatures need
// the raw body; the host asks the operations directly, without HTTP.
import { createBilling, type BillingSettings } from 'creditpool';
import express, { type Express } from 'express';

export function hostApp(settings: BillingSettings): { app: Express; close: () => Promise<void> } {
  const billing = createBilling(settings);
  const app = express();
  app.use('/billing', billing.router);
  app.use(express.json());

  app.post('/reports', async (request, response) => {
    const customer = `ext:${request.get('x-organisation') ?? ''}`;
    const may = await billing.operations.checkUsage({ customer, action: 'report.generate', quantities: {} });
    const refusal = 'rejected' in may ? may : may.refusal;
    if (refusal !== null) {
      response.status(402).json({ error: refusal.rejected.message });
      return;
    }
    const event = { eventId: crypto.randomUUID(), customer, action: 'report.generate', quantities: {} };
    await billing.operations.trackUsage([{ ...event, occurredAt: null, member: null, source: 'reports' }]);
    response.status(201).json({ report: 'made' });
  });

  billing.jobs.start();
  return { app, close: billing.close };
}
