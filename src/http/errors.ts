// The one place where a failure becomes an answer: refusals say what happened, surprises say nothing but their number.
import type { ErrorRequestHandler, Response } from 'express';

import type { HttpContext } from './context.ts';
import { ProblemError } from './problem-error.ts';
import { type Problem, statusOf, toErrorBody, toProblemDetails } from './problems.ts';
import type { Answer } from './route.ts';

type Spoken = Pick<HttpContext, 'docsUrl' | 'observer'>;

export function sendProblem(context: Spoken, response: Response, problem: Problem): void {
  const asked = { requestId: requestIdOf(response), accept: response.req.headers.accept };
  const { status, headers, body } = problemAnswer(context, asked, problem);
  response.status(status).set(headers).json(body);
}

/** A problem as it goes over the wire: in Stripe's shape, or as RFC 9457 has it for who accepts that. */
export function problemAnswer(
  { docsUrl, observer }: Spoken,
  { requestId, accept = '' }: { readonly requestId: string; readonly accept?: string | undefined },
  problem: Problem,
): Required<Omit<Answer, 'file' | 'stream'>> {
  const status = statusOf(problem.code);
  const asDetails = accept.includes(PROBLEM_DETAILS);
  observer.refusal(problem.code);
  return {
    status,
    headers: {
      ...(asDetails && { 'content-type': `${PROBLEM_DETAILS}; charset=utf-8` }),
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="creditpool"' }),
      ...(status === 503 && { 'retry-after': '1' }),
    },
    body: (asDetails ? toProblemDetails : toErrorBody)(problem, requestId, docsUrl),
  };
}

const PROBLEM_DETAILS = 'application/problem+json';

export function requestIdOf(response: Response): string {
  return String(response.locals['requestId']);
}

export function errorHandler(context: HttpContext): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    sendProblem(context, response, problemOf(context, requestIdOf(response), error));
  };
}

/** What a failure is called on the wire; what is ours is logged with the request's id. */
export function problemOf({ deps }: HttpContext, requestId: string, error: unknown): Problem {
  const problem = toProblem(error);
  if (problem.code === 'internal' || problem.code === 'database_unavailable') {
    deps.log.error({ err: error, requestId }, 'a request failed');
  }
  return problem;
}

function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return bodyProblem(error) ?? databaseProblem(error) ?? INTERNAL;
}

const INTERNAL: Problem = {
  code: 'internal',
  message: 'something broke on our side and nothing was changed that we know of; retry with the same idempotency key',
};

/** Express's body parsers say what was wrong by `type`. */
function bodyProblem(error: unknown): Problem | null {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  switch (type) {
    case 'entity.parse.failed':
      return { code: 'malformed_json', message: 'the body is not a JSON object' };
    case 'entity.too.large': {
      const limit = error instanceof Error && 'limit' in error ? String(error.limit) : 'the most we take';
      return { code: 'body_too_large', message: `the body is larger than ${limit} bytes; send less at once` };
    }
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return { code: 'unsupported_media_type', message: 'send UTF-8 JSON, plain or compressed with gzip or deflate' };
    case 'request.aborted':
    case 'request.size.invalid':
      return { code: 'malformed_json', message: 'the body ended before its announced length' };
    default:
      return isBadRequest(error) ? { code: 'malformed_json', message: 'the request cannot be read' } : null;
  }
}

/** What Express itself refuses: a path that is not percent-encoded, a body that does not unzip. */
function isBadRequest(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 400;
}

/** Connection lost or refused, server starting or stopping, too many connections, lock or statement time-out. */
const UNAVAILABLE = /^(08\w{3}|57P0[123]|53300|55P03|57014|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)$/;

function databaseProblem(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const unavailable =
    UNAVAILABLE.test(code) ||
    error.name === 'KnexTimeoutError' ||
    /Connection terminated|timeout expired/i.test(error.message);
  if (!unavailable) return null;
  return { code: 'database_unavailable', message: 'the database did not answer in time; retry with the same key' };
}
