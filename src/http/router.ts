// The mountable router: webhooks with their raw body first, then for each route its key, its body, its answer.
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';

import { serveSpan } from '../telemetry/spans.ts';
import { type Authenticator, requireScope } from './auth.ts';
import type { HttpContext } from './context.ts';
import { errorHandler, requestIdOf, sendProblem } from './errors.ts';
import { fileBody } from './file-body.ts';
import { frontDoor } from './front-door.ts';
import { FIXED_HEADERS, requestIdFor } from './headers.ts';
import { healthRouter } from './health.ts';
import { requireIdempotencyKey } from './idempotency-key.ts';
import { jsonBody } from './json-body.ts';
import { policyRouter } from './policies.ts';
import { crossOrigin, requirePortalToken } from './portal.ts';
import { ProblemError } from './problem-error.ts';
import { problemPages } from './problem-pages.ts';
import { referencePage } from './reference-page.ts';
import type { ApiRequest, Caller, Idempotency, Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { sendStream } from './send-stream.ts';
import { stripeWebhook } from './stripe-webhook.ts';
import { widgetPage } from './widget-page.ts';

/** Mount it before any global body parser: signatures need the bytes that Stripe sent. */
export function createRouter(context: HttpContext, authenticator: Authenticator): Router {
  const router = Router({ caseSensitive: true });
  router.use(fixedHeaders, observed(context));
  router.use(frontDoor(context));
  router.use(healthRouter(context));
  router.use(problemPages());
  router.use(widgetPage(context));
  router.use(referencePage());
  router.post(
    '/v1/webhooks/stripe',
    express.raw({ limit: WEBHOOK_BYTES_MAX, type: () => true }),
    stripeWebhook(context),
  );
  router.all('/v1/webhooks/stripe', refuseMethod('POST'));
  router.use('/v1/portal', crossOrigin);
  router.use('/v1', onceReady(context));
  router.use(policyRouter(context));
  const paths = Map.groupBy(ROUTES, ({ path }) => path);
  for (const [path, routes] of paths) {
    for (const route of routes) {
      router[route.method](
        path,
        route.byPortalToken === true ? requirePortalToken(context) : requireScope(authenticator, route.scopes),
        ...bodyOf(route),
        ...(route.needsIdempotencyKey === true ? [requireIdempotencyKey] : []),
        answer(context, route),
      );
    }
    router.all(path, refuseMethod(routes.map(({ method }) => method.toUpperCase()).join(', ')));
  }
  router.use(notFound);
  router.use(errorHandler(context));
  return router;
}

const WEBHOOK_BYTES_MAX = 1_000_000;

function bodyOf({ method, takesFile, bodyBytesMax, bodyNodesMax }: Route): (RequestHandler | ErrorRequestHandler)[] {
  if (method === 'get') return [];
  return takesFile === undefined ? jsonBody(bodyBytesMax, bodyNodesMax) : fileBody(takesFile);
}

const fixedHeaders: RequestHandler = (request, response, next) => {
  const id = requestIdFor(request.headers['request-id']);
  response.locals['requestId'] = id;
  response.setHeader('request-id', id);
  for (let at = 0; at < FIXED_HEADERS.length; at += 2) {
    response.setHeader(FIXED_HEADERS[at] ?? '', FIXED_HEADERS[at + 1] ?? '');
  }
  next();
};

/** Webhooks come while we start; callers wait until what we tell them is whole. */
function onceReady(context: HttpContext): RequestHandler {
  return (_request, response, next) => {
    const because = context.notReady();
    if (because === null) next();
    else sendProblem(context, response, { code: 'not_ready', message: `the server is ${because}; retry in a second` });
  };
}

/** One log line, one measurement and one span for each request. */
function observed({ deps, observer }: HttpContext): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const { method, path } = request;
    const span = serveSpan(method, request.headers);
    response.once('finish', () => {
      const ms = performance.now() - started;
      const status = response.statusCode;
      const route = (request.route as { readonly path: string } | undefined)?.path ?? 'none';
      observer.request({ method, route, status, seconds: ms / 1000 });
      span.end({ method, route, status });
      deps.log.info({ method, path, status, ms: Math.round(ms), requestId: requestIdOf(response) }, 'request');
    });
    span.run(next);
  };
}

function answer(context: HttpContext, route: Route): RequestHandler {
  return async (request, response) => {
    const asked: ApiRequest = {
      params: request.params as Record<string, string>,
      query: request.query,
      body: (request.body as unknown) ?? {},
      caller: response.locals['caller'] as Caller,
      idempotency: (response.locals['idempotency'] as Idempotency | undefined) ?? null,
      requestId: requestIdOf(response),
    };
    const reply = await route.reply(context, asked);
    if ('rejected' in reply) {
      sendProblem(context, response, reply.rejected);
      return;
    }
    response.status(reply.status).set(reply.headers ?? {});
    if (reply.stream !== undefined) await sendStream(response, reply.stream);
    else if (reply.file === undefined) response.json(reply.body);
    else response.attachment(reply.file.name).set('content-type', reply.file.type).send(reply.file.content);
  };
}

function refuseMethod(allowed: string): RequestHandler {
  return (request, response) => {
    response.set('allow', allowed);
    throw new ProblemError({
      code: 'method_not_allowed',
      message: `${request.method} is not a method of ${request.path}; it takes ${allowed}`,
    });
  };
}

const notFound: RequestHandler = (request) => {
  throw new ProblemError({
    code: 'not_found',
    message: `there is nothing at ${request.method} ${request.path.slice(0, 200)}`,
  });
};
