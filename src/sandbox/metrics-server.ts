// Figures are for the inside: they have a port of their own, which no load balancer shows.
import type { ServerResponse } from 'node:http';

import type { Billing } from '../billing.ts';
import type { Config } from '../config.ts';
import { openHttpServer } from './http-server.ts';

type Scraped = Pick<Billing, 'metrics' | 'deps'>;

/** Serves `/metrics` on a port of its own, where one is set; returns what stops it. */
export async function serveMetrics(
  { host, metricsPort: port }: Pick<Config, 'host' | 'metricsPort'>,
  billing: Scraped,
): Promise<() => Promise<void>> {
  if (port === undefined) return async () => undefined;
  const server = await openHttpServer({ host, port });
  server.serve((request, response) => {
    if (request.method === 'GET' && request.url === '/metrics') void scrape(billing, response);
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('only GET /metrics is here\n');
  });
  return async () => server.stop(0);
}

async function scrape({ metrics, deps }: Scraped, response: ServerResponse): Promise<void> {
  try {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } catch (error) {
    deps.log.error({ err: error }, 'the metrics could not be told');
    response.writeHead(500).end();
  }
}
