// The doors: links, the provider, the way out, and the second look before a dangerous act.
import { type Request, type RequestHandler, type Response, Router } from 'express';

import type { Operator } from '../../domain/operator.ts';
import { confirmSession, endSession } from '../../operations/console/sessions.ts';
import { ownerOfSignInLink, signInByLink } from '../../operations/console/sign-in-links.ts';
import { signInPerson } from '../../operations/console/sign-in-person.ts';
import { beginSignInTrip, endSignInTrip, type SignInTrip } from '../../operations/console/sign-in-trips.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { Cookies } from '../cookies.ts';
import type { Children } from '../markup.ts';
import { problem } from '../parts.ts';
import { csrfOf } from '../same-origin.ts';
import { homeOf } from './home.ts';
import { bounce, confirmPage, linkPage } from './pages.ts';
import { type Arrival, connectProvider, type Provider } from './provider.ts';
import { newToken, type Present, traceOf, whoIsThere } from './who.ts';

export interface Door {
  readonly context: ConsoleContext;
  readonly cookies: Cookies;
  /** Sends a page of this kind. */
  readonly send: (request: Request, response: Response, page: DoorPage) => Promise<void>;
  /** Refuses what did not come from one of our forms. */
  readonly sentByUs: (request: Request, token: string | null) => boolean;
}

export interface DoorPage {
  readonly title: string;
  readonly status?: number;
  readonly body: Children;
}

export function signInRoutes(door: Door): Router {
  const router = Router();
  const { signIn } = door.context;
  if (signIn.by === 'link') {
    router.get('/sign-in/link', showLink(door));
    router.post('/sign-in/link', spendLink(door));
  }
  if (signIn.by === 'provider') {
    const provider = connectProvider(signIn);
    router.get('/sign-in/start', leaveForProvider(door, provider));
    router.get('/sign-in/callback', comeBack(door, provider));
  }
  router.get('/confirm', askAgain(door));
  router.post('/confirm', confirmed(door));
  router.post('/sign-out', signOut(door));
  return router;
}

/** A place in the console to go to, and never another site. */
function placeIn(request: Request, to: unknown): string {
  const path = typeof to === 'string' ? to : '';
  return request.baseUrl + (/^\/(?![/\\])[\w\-/.?=&%:@~+]*$/.test(path) ? path : '/');
}

function showLink({ context, send }: Door): RequestHandler {
  return async (request, response) => {
    const token = typeof request.query['token'] === 'string' ? request.query['token'] : '';
    const operator = await ownerOfSignInLink(context.deps, token);
    const status = operator === null ? 410 : 200;
    await send(request, response, { title: 'Sign in', status, body: linkPage(request.baseUrl, token, operator) });
  };
}

function spendLink({ context, cookies, send, sentByUs }: Door): RequestHandler {
  return async (request, response) => {
    const linkToken = formOf(request).get('token') ?? '';
    const token = newToken();
    const session = { token, replaces: cookies.session.read(request), trace: traceOf(request, response) };
    const operator = await ownerOfSignInLink(context.deps, linkToken);
    if (!sentByUs(request, null) || !(await signInByLink(context.deps, { linkToken, ...session }))) {
      await send(request, response, { title: 'Sign in', status: 410, body: linkPage(request.baseUrl, '', null) });
      return;
    }
    cookies.session.write(response, token);
    response.redirect(303, request.baseUrl + homeOf(operator?.roles ?? []));
  };
}

function callbackUrl({ publicUrl }: ConsoleContext, request: Request): string {
  return `${new URL(publicUrl).origin}${request.baseUrl}/sign-in/callback`;
}

function leaveForProvider({ context, cookies }: Door, provider: Provider): RequestHandler {
  return async (request, response) => {
    const redirectUri = callbackUrl(context, request);
    const { to, trip } = await provider.leave({ redirectUri, fresh: request.query['fresh'] === '1' });
    const browserToken = newToken();
    await beginSignInTrip(context.deps, browserToken, { ...trip, returnTo: placeIn(request, request.query['to']) });
    cookies.trip.write(response, browserToken);
    response.redirect(303, to.href);
  };
}

function comeBack(door: Door, provider: Provider): RequestHandler {
  const { context, cookies, send } = door;
  return async (request, response) => {
    const browserToken = cookies.trip.read(request);
    cookies.trip.clear(response);
    const trip = browserToken === null ? null : await endSignInTrip(context.deps, browserToken);
    const arrival = trip === null ? null : await arriveSafely(door, provider, request, trip);
    if (trip === null || arrival === null) {
      const message = 'Signing in did not work, or took longer than ten minutes. Please start again.';
      await send(request, response, { title: 'Sign in', status: 400, body: problem(message) });
      return;
    }
    const token = newToken();
    const operator = await signInPerson(context.deps, {
      ...arrival,
      token,
      replaces: cookies.session.read(request),
      trace: traceOf(request, response),
      via: 'provider',
    });
    if ('rejected' in operator) {
      await send(request, response, { title: 'No access', status: 403, body: problem(operator.rejected.message) });
      return;
    }
    cookies.session.write(response, token);
    await send(request, response, { title: 'Signed in', body: bounce(placeOf(request, trip, operator)) });
  };
}

/** What he asked for before he signed in; nothing: where he begins. */
function placeOf({ baseUrl }: Request, { returnTo }: SignInTrip, { roles }: Operator): string {
  return returnTo === `${baseUrl}/` ? baseUrl + homeOf(roles) : returnTo;
}

/** What the provider's answer is worth; a wrong one is noted in the log, and the person is told no details. */
async function arriveSafely(
  { context }: Door,
  provider: Provider,
  request: Request,
  trip: SignInTrip,
): Promise<Arrival | null> {
  const callback = new URL(callbackUrl(context, request));
  callback.search = new URL(request.originalUrl, context.publicUrl).search;
  try {
    return await provider.arrive(callback, trip);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.deps.log.warn({ err: error }, 'a sign-in by the provider was refused');
    return null;
  }
}

async function present(door: Door, request: Request, response: Response): Promise<Present | null> {
  const who = await whoIsThere(door.context, door.cookies, request, response);
  return who === null || 'rejected' in who ? null : who;
}

function askAgain(door: Door): RequestHandler {
  const { context, send } = door;
  return async (request, response) => {
    const who = await present(door, request, response);
    if (who === null) {
      response.redirect(303, `${request.baseUrl}/`);
      return;
    }
    const returnTo = placeIn(request, request.query['to']).slice(request.baseUrl.length);
    const form = { base: request.baseUrl, csrf: csrfOf(who.token) };
    const body = confirmPage(form, context.signIn, who.session.operator, returnTo);
    await send(request, response, { title: 'Is it still you?', body });
  };
}

function confirmed(door: Door): RequestHandler {
  const { context, sentByUs } = door;
  return async (request, response) => {
    const who = await present(door, request, response);
    const place = placeIn(request, formOf(request).get('to'));
    // Where a provider knows the person, only the provider confirms.
    const mayConfirm = who !== null && who.session.via !== 'provider' && sentByUs(request, who.token);
    if (mayConfirm) {
      await confirmSession(context.deps, who.session, { authenticatedAt: null, trace: traceOf(request, response) });
    }
    response.redirect(303, mayConfirm ? place : `${request.baseUrl}/`);
  };
}

function signOut(door: Door): RequestHandler {
  const { context, cookies, sentByUs } = door;
  return async (request, response) => {
    const who = await present(door, request, response);
    if (who !== null && sentByUs(request, who.token)) {
      await endSession(context.deps, who.session, traceOf(request, response));
      cookies.session.clear(response);
    }
    response.redirect(303, `${request.baseUrl}/`);
  };
}

/** The fields of a form that was sent. */
export function formOf(request: Request): URLSearchParams {
  return new URLSearchParams(typeof request.body === 'string' ? request.body : '');
}
