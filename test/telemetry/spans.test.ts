import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';

import { resourceOf } from '../../src/stripe/observed-client.ts';
import { inSpan } from '../../src/telemetry/spans.ts';
import { startApi } from '../support/api.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const clone = await cloneDatabase();
const customer = await (await openBooks(clone.database)).subscribe('hybrid');
const api = await startApi(clone);
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;

test.for(['', '?'])('a request joins the trace of its caller (%s)', async (suffix) => {
  exporter.reset();
  const check = { customer: customer.name, action: 'api.call', quantities: { calls: 1 } };
  await api.call('POST', `/v1/check${suffix}`, check, { headers: { traceparent } });
  await expect.poll(() => exporter.getFinishedSpans()).toHaveLength(1);
  const [span] = exporter.getFinishedSpans();
  expect(span?.name).toBe('POST /v1/check');
  expect(span?.kind).toBe(SpanKind.SERVER);
  expect(span?.spanContext().traceId).toBe(TRACE_ID);
  expect(span?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/check',
    'http.response.status_code': 200,
  });
});

test('a call to Stripe that finds nobody is a part of its cause, and says what broke', async () => {
  exporter.reset();
  const { stripe } = api.billing.deps;
  const cause = inSpan('job reconcile', { kind: 'internal', attributes: {} }, async () => stripe.prices.list());
  await expect(cause).rejects.toThrow();
  const [call, job] = exporter.getFinishedSpans();
  expect([call?.name, job?.name]).toEqual(['GET /v1/prices', 'job reconcile']);
  expect(call?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId);
  expect(call?.kind).toBe(SpanKind.CLIENT);
});

test.for([
  ['/v1/invoices/in_1Abc23/finalize?expand[]=lines', '/v1/invoices/:id/finalize'],
  ['/v1/billing/credit_grants/credgr_test_9Z', '/v1/billing/credit_grants/:id'],
  ['/v1/customers?limit=3', '/v1/customers'],
  ['/v2/billing/meter_event_session', '/v2/billing/meter_event_session'],
] as const)('the path %s has the template %s', ([path, template]) => {
  expect(resourceOf(path)).toBe(template);
});
