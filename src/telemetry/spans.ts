// Traces, through OpenTelemetry's API alone: without an SDK that the operator loads (`node --import …`) all of it is
// nothing. Attributes follow the semantic conventions; nothing that a caller wrote is among them.
import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const TRACER = 'creditpool';

export type Carrier = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ServedSpan {
  /** Runs `work` as a part of this request. */
  readonly run: <Result>(work: () => Result) => Result;
  readonly end: (answered: { readonly method: string; readonly route: string; readonly status: number }) => void;
}

/** A request of somebody else, joined to his trace if he sent one (`traceparent`). */
export function serveSpan(method: string, headers: Carrier): ServedSpan {
  const parent = propagation.extract(context.active(), headers);
  const options = { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } };
  const span = trace.getTracer(TRACER).startSpan(method, options, parent);
  const active = trace.setSpan(parent, span);
  return {
    run: (work) => context.with(active, work),
    end: ({ route, status }) => {
      span.updateName(`${method} ${route}`);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Does `work` inside a span; what it throws is recorded and thrown on. */
export async function inSpan<Result>(
  name: string,
  { kind, attributes }: { readonly kind: 'client' | 'internal'; readonly attributes: Attributes },
  work: (span: Pick<Span, 'setAttributes'>) => Promise<Result>,
): Promise<Result> {
  const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL;
  return trace.getTracer(TRACER).startActiveSpan(name, { kind: spanKind, attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      if (error instanceof Error) span.recordException(error);
      throw error;
    } finally {
      span.end();
    }
  });
}
