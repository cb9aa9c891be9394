// Bodies are JSON, of a bounded size and shape, and nothing else.
import express, { type RequestHandler } from 'express';

import { ProblemError } from './problem-error.ts';

const DEPTH_MAX = 20;
export const BODY_BYTES_MAX = 100_000;
const BODY_NODES_MAX = 1_000;

/** Reads a JSON body; size is counted after decompression. Refuses other content types and hostile shapes. */
export function jsonBody(bytesMax = BODY_BYTES_MAX, nodesMax = BODY_NODES_MAX): RequestHandler[] {
  return [
    refuseOtherTypes,
    express.json({ limit: bytesMax, strict: true, type: () => true }),
    (request, _response, next) => {
      checkShape(request.body, nodesMax);
      next();
    },
  ];
}

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && type !== 'application/json') {
    throw new ProblemError({
      code: 'unsupported_media_type',
      message: `send application/json, not ${type.slice(0, 100)}`,
    });
  }
  if (type === undefined && hasBody(request.headers)) {
    throw new ProblemError({ code: 'unsupported_media_type', message: 'name the content type: application/json' });
  }
  next();
};

function hasBody(headers: NodeJS.Dict<string | string[]>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** A body that has been gathered already, read as `jsonBody` reads one, with the same refusals. */
export function parseJsonBody(bytes: Buffer, nodesMax = BODY_NODES_MAX): unknown {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (!/^[\t\n\r ]*[[{]/.test(text)) throw malformed('the body is not a JSON object');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw malformed('the body is not a JSON object');
  }
  checkShape(body, nodesMax);
  return body;
}

export function malformed(message: string): ProblemError {
  return new ProblemError({ code: 'malformed_json', message });
}

/** Depth and number of values are bounded before any schema looks at them; `__proto__` is nobody's field. */
function checkShape(body: unknown, nodesMax: number): void {
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (nodes > nodesMax) refuseShape(`the body has more than ${nodesMax} values`);
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEPTH_MAX) refuseShape(`the body is nested deeper than ${DEPTH_MAX} levels`);
    for (const key of Object.keys(value)) {
      if (key === '__proto__') refuseShape('__proto__ is not a field of this request');
      visit((value as Record<string, unknown>)[key], depth + 1);
    }
  };
  visit(body, 1);
}

function refuseShape(message: string): never {
  throw new ProblemError({ code: 'invalid_request', message });
}
