// A file in a request's body: counted while it comes in, and given up at the first byte too many.
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';

import { ProblemError } from './problem-error.ts';
import type { Route, SentFile } from './route.ts';

/** Reads the body as bytes of any type; what is announced as too large is not read at all. */
export function fileBody({
  bytesMax,
  tooLarge,
}: NonNullable<Route['takesFile']>): (RequestHandler | ErrorRequestHandler)[] {
  const refuseSize: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
    const isSize = error instanceof Error && 'type' in error && error.type === 'entity.too.large';
    next(isSize ? new ProblemError(tooLarge) : error);
  };
  return [express.raw({ limit: bytesMax, type: () => true }), refuseSize, toSentFile];
}

const toSentFile: RequestHandler = (request, _response, next) => {
  const sent: SentFile = {
    type: request.headers['content-type'] ?? null,
    content: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
  request.body = sent;
  next();
};
