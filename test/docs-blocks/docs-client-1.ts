// Of docs/client.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const CREDITPOOL_API_KEY: string;
declare const log: import('pino').Logger;
declare const billing: import('creditpool').Billing;
import { createClient } from 'creditpool/client';

const credits = createClient({
  baseUrl: 'https://billing.example.com',
  apiKey: process.env['CREDITPOOL_API_KEY'] ?? '',
});

const hold = await credits.placeHold({ customer: 'ext:acme', action: 'llm.complete', credits: '40' });
await credits.captureHold(hold.id, { quantities: { input_tokens: 1200, output_tokens: 85 } });

const { available } = await credits.getBalance('ext:acme');
for await (const line of credits.each('getStatement', 'ext:acme', {
  from: '2026-04-01T00:00:00Z',
  to: '2026-05-01T00:00:00Z',
})) {
  console.log(line.at, line.kind, line.changes.available);
}
void [CREDITPOOL_API_KEY, log, billing, credits, hold, available];
export {};
