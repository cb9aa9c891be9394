// Both ways in: mounted in a host's app, or as a server of its own.
import type { RequestListener } from 'node:http';

import express, { type RequestHandler, type Response } from 'express';

import type { ConsoleContext } from './admin/console-context.ts';
import { createPublicPages } from './admin/public/router.ts';
import { createConsole } from './admin/router.ts';
import type { SignInSettings } from './admin/sign-in/settings.ts';
import { VERSION } from './contract/version.ts';
import { CLOSING, type Gate } from './host/gate.ts';
import { markAsOurs, wrongMounting } from './host/mounting.ts';
import { createAuthenticator } from './http/auth.ts';
import type { HttpContext } from './http/context.ts';
import { sendProblem } from './http/errors.ts';
import { requestIdFor } from './http/headers.ts';
import { createHotRoutes } from './http/hot-routes.ts';
import type { Problem } from './http/problems.ts';
import { createRouter } from './http/router.ts';

export interface Doors {
  readonly router: RequestHandler;
  readonly listener: RequestListener;
}

interface DoorSettings {
  readonly publicUrl: string;
  readonly signIn?: SignInSettings;
}

/** Hot routes are answered before Express on either. */
export function doorsTo(context: HttpContext, settings: DoorSettings, gate: Gate): Doors {
  const authenticator = createAuthenticator(context);
  const answerHot = createHotRoutes(context, authenticator);
  const pages = pageContext(context, settings);
  const rest = express
    .Router()
    .use('/admin', createConsole(pages))
    .use(createPublicPages(pages))
    .use(createRouter(context, authenticator));
  const app = express().disable('x-powered-by').use(rest);
  const refuse = (response: Response, problem: Problem): void => {
    response.locals['requestId'] ??= requestIdFor(undefined);
    sendProblem(context, response, problem);
  };
  const closed = express().use((_request, response) => refuse(response, CLOSING));
  let mounting: Problem | null | undefined;
  const router: RequestHandler = (request, response, next) => {
    if (mounting === undefined) {
      mounting = wrongMounting(router, request);
      if (mounting !== null) context.deps.log.error({ ...mounting }, 'the router is mounted in the wrong place');
    }
    if (mounting?.code === 'mounted_twice') refuse(response, mounting);
    else if (!gate.enter(response)) refuse(response, CLOSING);
    else if (!answerHot(request, response)) rest(request, response, next);
  };
  return {
    router: markAsOurs(router),
    listener: (request, response) => {
      if (!gate.enter(response)) closed(request, response);
      else if (!answerHot(request, response)) app(request, response);
    },
  };
}

function pageContext(context: HttpContext, { publicUrl, signIn = { by: 'nobody' } }: DoorSettings): ConsoleContext {
  const { deps, executor, wake, notReady } = context;
  const mode = context.livemode ? 'live' : 'test';
  return {
    deps,
    executor,
    wake,
    notReady,
    mode: context.sandbox === null ? mode : 'sandbox',
    version: VERSION,
    publicUrl,
    signIn,
  };
}
