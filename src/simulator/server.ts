import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { checkoutPage } from './checkout-page.ts';
import { errorBody, StripeRefusal } from './errors.ts';
import { decodeForm, fromJson, type FormValue } from './form.ts';
import { type Page, showPage } from './page.ts';
import type { Outgoing, RequestRunner } from './requests.ts';
import { API_VERSION } from './wire.ts';
import type { World } from './world.ts';

const KEEP_ALIVE_MS = 75_000;
const LOGGED_REQUESTS = 1000;

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly idempotency_key: string | null;
  readonly status: number;
}

export interface ServerParts {
  readonly world: World;
  /** What a key gives on a path; undefined: nothing. */
  readonly grants: (key: string, path: string) => 'live' | 'expired' | undefined;
  readonly runner: RequestRunner;
  /** The simulator's own controls under /_simulator. */
  readonly control: (method: string, path: string, body: string) => Promise<object | undefined>;
  readonly requests: LoggedRequest[];
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The key of a Bearer or Basic authorization. */
function keyOf(request: IncomingMessage): string | null {
  const [scheme, given] = (header(request, 'authorization') ?? '').split(' ');
  if (given === undefined) return null;
  if (scheme === 'Bearer') return given;
  return scheme === 'Basic' ? (Buffer.from(given, 'base64').toString('utf8').split(':')[0] ?? null) : null;
}

const EXPIRED = JSON.stringify({
  error: {
    type: 'temporary_session_expired',
    code: 'billing_meter_event_session_expired',
    message: 'The session has expired; create a new one.',
  },
});

function unauthorized(key: string | null): string {
  const message = key === null ? 'You did not provide an API key.' : `Invalid API Key provided: ${key.slice(0, 7)}****`;
  return JSON.stringify(errorBody(new StripeRefusal(401, 'invalid_request_error', message)));
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Half of an answer that says how long all of it is. */
function sendHalf(response: ServerResponse, { status, body }: Outgoing): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

function headersOf(request: IncomingMessage, key: string | null, outgoing: Outgoing): Record<string, string> {
  return {
    'request-id': outgoing.request,
    'stripe-version': header(request, 'stripe-version') ?? API_VERSION,
    ...(key === null ? {} : { 'idempotency-key': key }),
    ...(outgoing.original === null ? {} : { 'idempotent-replayed': 'true', 'original-request': outgoing.original }),
    ...(outgoing.limitedReason === undefined ? {} : { 'stripe-rate-limited-reason': outgoing.limitedReason }),
    ...(outgoing.status === 400 || outgoing.status === 404 ? { 'stripe-should-retry': 'false' } : {}),
  };
}

/** How long a meter event keeps its customer and meter busy at least. */
const LANE_MS = 5;
const CONCURRENT = 'Only one meter event per customer and meter can be in flight.';

function concurrent(path: string): StripeRefusal {
  const [status, code] = path.startsWith('/v2/') ? [409, 'too_many_concurrent_requests'] : [429, 'rate_limit'];
  return new StripeRefusal(status, 'invalid_request_error', CONCURRENT, { code });
}

/** Customer and meter of a meter event, which may have one call in flight. */
function laneOf(path: string, body: string): string | undefined {
  if (!/^\/v[12]\/billing\/meter_events$/.test(path)) return undefined;
  const decoded = path.startsWith('/v1/') ? decodeForm(body) : fromJson(JSON.parse(body));
  const form = decoded instanceof Map ? decoded : new Map<string, FormValue>();
  const payload = form.get('payload');
  const customer = payload instanceof Map ? payload.get('stripe_customer_id') : undefined;
  return JSON.stringify([form.get('event_name'), customer]);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function serveApi(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Promise<void> {
  const { world, runner, requests } = parts;
  const method = request.method ?? 'GET';
  const path = url.pathname;
  const idempotencyKey = header(request, 'idempotency-key');
  const log = (status: number): void => {
    requests.push({ method, path, idempotency_key: idempotencyKey, status });
    if (requests.length > LOGGED_REQUESTS) requests.shift();
  };
  const key = keyOf(request);
  const granted = key === null ? undefined : parts.grants(key, path);
  if (granted !== 'live') {
    log(401);
    sendJson(response, 401, granted === 'expired' ? EXPIRED : unauthorized(key));
    return;
  }
  const fault = world.faults.take(method, path);
  if (fault?.kind === 'cut_before') {
    log(0);
    request.socket.destroy();
    return;
  }
  const contentType = header(request, 'content-type') ?? '';
  const lane = world.switches.concurrentMeterEvents === 'refused' ? laneOf(path, body) : undefined;
  if (lane !== undefined && runner.inFlight.has(lane)) {
    const refusal = concurrent(path);
    log(refusal.status);
    sendJson(response, refusal.status, JSON.stringify(errorBody(refusal)));
    return;
  }
  if (lane !== undefined) runner.inFlight.add(lane);
  const incoming = { method, path, query: url.search.slice(1), body, contentType, idempotencyKey };
  const outgoing = runner.run(incoming, fault);
  log(outgoing.status);
  if (fault?.delayMs !== undefined || fault?.kind === 'slow') {
    if (idempotencyKey !== null) runner.inFlight.add(idempotencyKey);
    await pause(fault.delayMs ?? 1000);
    if (idempotencyKey !== null) runner.inFlight.delete(idempotencyKey);
  }
  if (lane !== undefined) {
    await pause(LANE_MS);
    runner.inFlight.delete(lane);
  }
  if (fault?.kind === 'cut_after') request.socket.destroy();
  else if (fault?.kind === 'truncated') sendHalf(response, outgoing);
  else sendJson(response, outgoing.status, outgoing.body, headersOf(request, idempotencyKey, outgoing));
}

const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function pageFor(parts: ServerParts, method: string, url: URL): Page | undefined {
  const path = url.pathname.slice('/_simulator'.length);
  if (method === 'GET') return showPage(parts, path);
  const [, checkout] = /^\/pay\/(\w+)$/.exec(path) ?? [];
  if (method !== 'POST' || checkout === undefined) return undefined;
  return checkoutPage(parts.world, checkout, url.searchParams.get('with') ?? 'pm_card_visa');
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const body = await read(request);
  if (!/^\/_simulator(\/|$)/.test(url.pathname)) {
    await serveApi(parts, request, response, url, body);
    return;
  }
  const page = pageFor(parts, request.method ?? 'GET', url);
  if (page !== undefined) {
    response.writeHead(page.status, {
      'content-type': `${page.type}; charset=utf-8`,
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    response.end(page.body);
    return;
  }
  const answer = await parts.control(request.method ?? 'GET', url.pathname.slice('/_simulator'.length), body);
  if (answer === undefined) sendJson(response, 404, JSON.stringify({ error: { message: 'no such control' } }));
  else sendJson(response, 200, JSON.stringify(answer));
}

/** Takes a port; nothing is answered until `answerRequests` is called in the same turn. */
export async function listen(port: number, address: string): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const taken = server.address() as AddressInfo;
  return { server, port: taken.port };
}

/** Answers the API and the controls. */
export function answerRequests(server: Server, parts: ServerParts): void {
  server.on('request', (request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) sendJson(response, 400, JSON.stringify({ error: { type: 'api_error', message } }));
    });
  });
}
