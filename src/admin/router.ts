// The console as one router: headers, assets, doors; then for each page who may see it, its answer, and its frame.
import { randomUUID } from 'node:crypto';

import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import helmet from 'helmet';

import { watchedBanner } from '../domain/ladder.ts';
import { reviewWarning } from '../domain/model-review.ts';
import { may, rolesWith } from '../domain/operator.ts';
import type { Rejection } from '../domain/rejection.ts';
import { type FrameState, readFrame } from '../operations/console/read-frame.ts';
import { assetRouter } from './assets.ts';
import { brokenPage } from './broken-page.ts';
import type { ConsoleContext } from './console-context.ts';
import { consoleCookies } from './cookies.ts';
import { document, type Frame } from './layout.ts';
import { a, p } from './markup.ts';
import type { FileAnswer, Page, PageRequest, PageRoute } from './page-route.ts';
import { PAGES } from './pages.ts';
import { heading, problem } from './parts.ts';
import { csrfOf, isCsrfOf, isSameOrigin } from './same-origin.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { fileOf, readFileForm } from './sent-file.ts';
import { bounce, signInPage } from './sign-in/pages.ts';
import { type Door, formOf, signInRoutes } from './sign-in/routes.ts';
import { type Present, traceOf, whoIsThere } from './sign-in/who.ts';
import { sentence } from './words.ts';

/** Mount it at `/admin`, beside the API's router. */
export function createConsole(context: ConsoleContext): Router {
  const router = Router({ caseSensitive: true });
  const cookies = consoleCookies(context.publicUrl);
  const door: Door = {
    context,
    cookies,
    send: async (request, response, page) => sendPage(context, request, response, page, null),
    sentByUs: (request, token) =>
      isSameOrigin(request) && (token === null || isCsrfOf(token, formOf(request).get('csrf'))),
  };
  router.use(requestId, helmet(SECURITY_HEADERS));
  router.use(assetRouter());
  router.use(noStore, onceReady(context));
  router.use(express.text({ type: 'application/x-www-form-urlencoded', limit: FORM_BYTES_MAX }));
  router.use(signInRoutes(door));
  for (const route of PAGES) router[route.method](route.path, ...fileReader(door, route), showPage(door, route));
  router.use(notFound(door));
  router.use(brokenPage(context, sendPage));
  return router;
}

const FORM_BYTES_MAX = 64_000;

function fileReader({ context, cookies }: Door, { fileBytesMax, permission }: PageRoute): readonly RequestHandler[] {
  if (fileBytesMax === undefined) return [];
  const maySend = async (request: Request, response: Response): Promise<boolean> => {
    const who = await whoIsThere(context, cookies, request, response);
    return who !== null && !('rejected' in who) && may(who.session.operator.roles, permission);
  };
  return [readFileForm(fileBytesMax, maySend)];
}

const requestId: RequestHandler = (_request, response, next) => {
  response.locals['requestId'] = `req_${randomUUID()}`;
  response.set('request-id', String(response.locals['requestId']));
  next();
};

const noStore: RequestHandler = (_request, response, next) => {
  response.set('cache-control', 'no-store');
  next();
};

function onceReady(context: ConsoleContext): RequestHandler {
  return async (request, response, next) => {
    const because = context.notReady();
    if (because === null) {
      next();
      return;
    }
    response.set({ 'retry-after': '2', refresh: '2' });
    const body = problem(`The server is ${because}. This page looks again by itself.`);
    await sendPage(context, request, response, { title: 'Starting', status: 503, body }, null);
  };
}

/** One page: signed in, permitted, sent from here, proved anew where it is dangerous; then its answer in the frame. */
function showPage(door: Door, route: PageRoute): RequestHandler {
  const { context } = door;
  return async (request, response) => {
    const who = await whoIsThere(context, door.cookies, request, response);
    if (who === null) {
      await sendToDoor(door, request, response);
      return;
    }
    if ('rejected' in who) {
      await sendPage(context, request, response, refusal(who.rejected, request.baseUrl), null);
      return;
    }
    const asked = toPageRequest(request, response, who);
    const stopped = stoppedAt(door, route, request, who);
    if (stopped !== null) {
      await sendPage(context, request, response, stopped, asked);
      return;
    }
    if (route.stepUp !== undefined && !who.session.fresh) {
      response.redirect(303, `${request.baseUrl}/confirm?to=${encodeURIComponent(route.stepUp(asked))}`);
      return;
    }
    const answer = await route.answer(context, asked);
    if ('to' in answer) response.redirect(303, request.baseUrl + answer.to);
    else if ('file' in answer) sendFile(response, answer);
    else {
      const page = 'rejected' in answer ? refusal(answer.rejected, request.baseUrl) : answer;
      await sendPage(context, request, response, page, asked);
    }
  };
}

function sendFile(response: Response, { file: { type, name, content, policy } }: FileAnswer): void {
  if (policy !== undefined) response.set('content-security-policy', policy);
  if (name !== null) response.attachment(name);
  response.type(type).send(content);
}

async function sendToDoor({ context, cookies, send }: Door, request: Request, response: Response): Promise<void> {
  const here = request.originalUrl;
  // A strict cookie stays behind when another site's link leads here; from our own page it is sent.
  if (request.method === 'GET' && request.get('sec-fetch-site') === 'cross-site') {
    await send(request, response, { title: 'One moment', body: bounce(here) });
    return;
  }
  cookies.session.clear(response);
  const returnTo = request.method === 'GET' ? here.slice(request.baseUrl.length) : '/';
  const body = signInPage(request.baseUrl, context.signIn, returnTo);
  await send(request, response, { title: 'Sign in', status: 401, body });
}

function stoppedAt(door: Door, { method, permission }: PageRoute, request: Request, who: Present): Page | null {
  const { operator } = who.session;
  if (!may(operator.roles, permission)) {
    const needed = rolesWith(permission).join(' or ');
    const message = `This needs the role ${needed}; you have ${operator.roles.join(', ') || 'none'}.`;
    return refusal({ code: 'not_permitted', message }, request.baseUrl);
  }
  if (method === 'post' && !door.sentByUs(request, who.token)) {
    const message = 'This form does not come from a page of yours, or you signed in anew since. Nothing was changed.';
    return { title: 'Not sent', status: 403, body: [heading('Not sent'), problem(message)] };
  }
  return null;
}

function toPageRequest(request: Request, response: Response, { session, token }: Present): PageRequest {
  return {
    params: request.params as Record<string, string>,
    query: new URL(request.originalUrl, 'http://localhost').searchParams,
    form: formOf(request),
    file: fileOf(response),
    session,
    acting: { subject: session.operator.subject, roles: null, trace: traceOf(request, response) },
    csrf: csrfOf(token),
    base: request.baseUrl,
    requestId: String(response.locals['requestId']),
  };
}

/** A refusal as a page: what happened, and the way back. */
function refusal({ code, message }: Rejection, base: string): Page {
  return {
    title: 'Not done',
    status: statusOf(code),
    body: [heading('Not done'), problem(sentence(message)), p(null, a({ href: `${base}/` }, 'Back to the start'))],
  };
}

function statusOf(code: Rejection['code']): number {
  if (code.startsWith('unknown_')) return 404;
  if (code === 'not_permitted' || code === 'own_request') return 403;
  if (['preview_stale', 'case_changed', 'case_state', 'approval_lapsed'].includes(code)) return 409;
  return code === 'stripe_unavailable' || code === 'database_unavailable' ? 503 : 422;
}

async function sendPage(
  { deps, mode, version }: ConsoleContext,
  request: Request,
  response: Response,
  page: Page,
  asked: PageRequest | null,
): Promise<void> {
  const { waiting, singleOperator, review, notEnforced } = asked === null ? NO_STATE : await readFrame(deps);
  const frame: Frame = {
    title: page.title,
    base: request.baseUrl,
    requestId: String(response.locals['requestId']),
    at: page.at,
    searchFirst: page.searchFirst,
    signedIn: asked === null ? null : { operator: asked.session.operator, csrf: asked.csrf, waiting },
    watched: watchedBanner(notEnforced),
    warning:
      [singleOperator ? SINGLE_OPERATOR : null, reviewWarning(review)].filter((each) => each !== null).join(' · ') ||
      null,
    searched: asked?.query.get('q') ?? undefined,
  };
  response
    .status(page.status ?? 200)
    .type('html')
    .send(document({ mode, version }, frame, page.body));
}

const NO_STATE: FrameState = {
  waiting: 0,
  singleOperator: false,
  review: { reviewOn: null, setBy: null, isOver: false },
  notEnforced: { observe: [], shadow: [], nothingEnforced: false },
};
const SINGLE_OPERATOR = 'approvals: single_operator – one person may release what he asked for himself';

function notFound({ send }: Door): RequestHandler {
  return async (request, response) => {
    const body = [heading('There is nothing here'), p(null, a({ href: `${request.baseUrl}/` }, 'Back to the start'))];
    await send(request, response, { title: 'Nothing here', status: 404, body });
  };
}
