// The routes that run with every piece of work of a host app, answered before Express: the same keys, limits, schemas,
// functions and errors as in the router, with less around them. A request that is unusual in any way is left to the
// router, which answers the same.
import type { IncomingMessage, ServerResponse } from 'node:http';

import { type ServedSpan, serveSpan } from '../telemetry/spans.ts';
import { admit, type Authenticator } from './auth.ts';
import type { HttpContext } from './context.ts';
import { problemAnswer, problemOf } from './errors.ts';
import { FIXED_HEADERS, requestIdFor } from './headers.ts';
import { idempotencyFor } from './idempotency-key.ts';
import { BODY_BYTES_MAX, malformed, parseJsonBody } from './json-body.ts';
import type { Problem } from './problems.ts';
import type { Answer, Caller, Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** Under Express a request knows where it was mounted, and may have been read by another's parser. */
type Incoming = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };

/** Answers the request if it is for a hot route and usual; false leaves it untouched. */
export type HotRoutes = (request: Incoming, response: ServerResponse) => boolean;

interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export function createHotRoutes(context: HttpContext, authenticator: Authenticator): HotRoutes {
  const find = routeFinder(ROUTES.filter(({ isHot }) => isHot === true));
  return (request, response) => {
    const found = request.method === 'POST' ? find(request.url ?? '') : null;
    if (found === null || context.notReady() !== null) return false;
    const length = usualLength(request);
    if (length === 0 || length > (found.route.bodyBytesMax ?? BODY_BYTES_MAX)) return false;
    const exchange = new Exchange(context, request, response, found);
    void exchange.span.run(async () => exchange.answer(authenticator, length));
    return true;
  };
}

/** By the whole path, or by a pattern of one plain id in it. */
function routeFinder(routes: readonly Route[]): (path: string) => Found | null {
  const whole = new Map(routes.map((route) => [route.path, { route, params: {} }]));
  const patterns = routes.flatMap((route) => {
    const pattern = new RegExp(`^${route.path.replace(':id', '(?<id>\\w+)')}$`);
    return route.path.includes(':') ? [{ route, pattern }] : [];
  });
  return (path) => {
    const known = whole.get(path);
    if (known !== undefined) return known;
    for (const { route, pattern } of patterns) {
      const params = pattern.exec(path)?.groups;
      if (params !== undefined) return { route, params };
    }
    return null;
  };
}

/** Bytes of a plain JSON body that nobody has read yet; 0 for anything else. */
function usualLength({ headers, body }: Incoming): number {
  const { 'content-type': type, 'content-length': length } = headers;
  const isPlain =
    (type === 'application/json' || type === 'application/json; charset=utf-8') &&
    headers['content-encoding'] === undefined &&
    headers.expect === undefined &&
    body === undefined;
  return isPlain && length !== undefined ? Number(length) : 0;
}

/** One request and its answer. */
class Exchange {
  readonly #context: HttpContext;
  readonly #request: Incoming;
  readonly #response: ServerResponse;
  readonly #found: Found;
  readonly #requestId: string;
  readonly #started = performance.now();
  readonly span: ServedSpan;

  constructor(context: HttpContext, request: Incoming, response: ServerResponse, found: Found) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#found = found;
    this.#requestId = requestIdFor(request.headers['request-id']);
    this.span = serveSpan('POST', request.headers);
    response.once('finish', () => this.#conclude());
  }

  async answer(authenticator: Authenticator, length: number): Promise<void> {
    const { route, params } = this.#found;
    const { headers, url = '', originalUrl = url } = this.#request;
    let answer: Answer;
    try {
      const admitted = admit(authenticator, route.scopes, headers.authorization);
      const caller: Caller = admitted instanceof Promise ? await admitted : admitted;
      const body = parseJsonBody(await gather(this.#request, length), route.bodyNodesMax);
      const idempotency =
        route.needsIdempotencyKey === true
          ? idempotencyFor(headers['idempotency-key'], { method: 'POST', originalUrl, body })
          : null;
      const requestId = this.#requestId;
      const reply = await route.reply(this.#context, { params, query: {}, body, caller, idempotency, requestId });
      answer = 'rejected' in reply ? this.#refusal(reply.rejected) : reply;
    } catch (error) {
      answer = this.#refusal(problemOf(this.#context, this.#requestId, error));
    }
    this.#send(answer);
  }

  #send({ status, headers = {}, body }: Answer): void {
    const text = JSON.stringify(body);
    const { 'content-type': type = 'application/json; charset=utf-8', ...others } = headers;
    const length = String(Buffer.byteLength(text));
    this.#response.writeHead(status, [
      ...FIXED_HEADERS,
      'request-id',
      this.#requestId,
      'content-type',
      type,
      'content-length',
      length,
      ...Object.entries(others).flat(),
    ]);
    this.#response.end(text);
  }

  #refusal(problem: Problem): Answer {
    const asked = { requestId: this.#requestId, accept: this.#request.headers.accept };
    return problemAnswer(this.#context, asked, problem);
  }

  #conclude(): void {
    const { deps, observer } = this.#context;
    const ms = performance.now() - this.#started;
    const answered = { method: 'POST', route: this.#found.route.path, status: this.#response.statusCode };
    observer.request({ ...answered, seconds: ms / 1000 });
    this.span.end(answered);
    const { url: path = '' } = this.#request;
    const { method, status } = answered;
    deps.log.info({ method, path, status, ms: Math.round(ms), requestId: this.#requestId }, 'request');
  }
}

/** The whole body. Throws when the connection ends before it. */
async function gather(request: Incoming, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let missing = length;
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing === 0) resolve(chunks.length === 1 ? chunk : Buffer.concat(chunks, length));
    });
    request.once('error', () => reject(malformed('the body ended before its announced length')));
  });
}
