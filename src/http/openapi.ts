// The document of the API, made of the routes that there are and what the contract says of each.
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';

import { type Operation, TAGS } from '../contract/operation.ts';
import { OPERATIONS } from '../contract/operations.ts';
import { problemAnswer, problemDetails } from '../contract/problem.ts';
import { VERSION } from '../contract/version.ts';
import { STANDING } from './openapi-standing.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

const BY_ROUTE: ReadonlyMap<string, readonly [string, Operation]> = new Map(
  Object.entries<Operation>(OPERATIONS).map(([id, operation]) => [placeOf(operation), [id, operation]]),
);

/** `POST /v1/holds/:id/capture` */
function placeOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method.toUpperCase()} ${path}`;
}

/** What the contract says of a route; undefined: nobody has said anything yet. */
function operationOf(route: Pick<Route, 'method' | 'path'>): readonly [string, Operation] | undefined {
  return BY_ROUTE.get(placeOf(route));
}

type OpenApiDocument = ReturnType<typeof createDocument>;

export interface DocumentOptions {
  /** Answers have these fields and no others; for tests, since `/v1` may gain fields at any time. */
  readonly closed?: boolean;
}

/** The OpenAPI 3.1 document of every route, reachable at `origin`. */
export function apiDocument(origin: string, { closed = false }: DocumentOptions = {}): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = { ...STANDING };
  for (const route of ROUTES) {
    const described = operationOf(route);
    if (described === undefined) continue;
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationObject(route, ...described) };
  }
  return createDocument(
    {
      ...ABOUT,
      servers: [{ url: origin }],
      security: [{ apiKey: [] }],
      paths,
      components: { securitySchemes: { apiKey: API_KEY, portalToken: PORTAL_TOKEN } },
    },
    { override: ({ jsonSchema, io }) => readably(jsonSchema, io === 'output' && !closed) },
  );
}

const ABOUT = {
  openapi: '3.1.0',
  info: {
    title: 'Creditpool',
    version: VERSION,
    description:
      'Credit pools for SaaS teams on Stripe. Credits are decimal strings, money is an integer of minor units, times are RFC 3339 in UTC. Answers may gain fields.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
} as const;

const API_KEY = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key: cp_test_… or cp_live_…, made with `creditpool keys create`.',
} as const;

const PORTAL_TOKEN = {
  type: 'http',
  scheme: 'bearer',
  description: 'A token of one customer: cp_portal_…, made by POST /v1/portal_tokens.',
} as const;

function neededBy({ scopes, byPortalToken = false }: Route): string {
  if (byPortalToken) return 'Needs a portal token.';
  return `Needs a key with the scope ${[...new Set([...scopes, 'admin'])].join(' or ')}.`;
}

/** Leaves out what says nothing to a reader: how a date is spelled in full, and how large a number can be. */
function readably(schema: JsonSchema, isOpen: boolean): void {
  if (schema.format === 'date-time') delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (isOpen && schema.additionalProperties === false) delete schema.additionalProperties;
}

interface JsonSchema {
  format?: string | undefined;
  pattern?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  additionalProperties?: unknown;
}

function operationObject(route: Route, operationId: string, operation: Operation): ZodOpenApiOperationObject {
  const { tag, summary, query, body, takesFile } = operation;
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const path = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
  return {
    operationId,
    tags: [tag],
    summary,
    description: neededBy(route),
    ...(route.byPortalToken === true && { security: [{ portalToken: [] }] }),
    requestParams: {
      ...(names.length > 0 && { path }),
      ...(query !== undefined && { query }),
      ...(route.needsIdempotencyKey === true && { header: z.object({ 'Idempotency-Key': IDEMPOTENCY_KEY }) }),
    },
    ...(body !== undefined && {
      requestBody: { content: { 'application/json': { schema: body } }, required: !body.safeParse({}).success },
    }),
    ...(takesFile === true && { requestBody: { content: ANY_FILE, required: true } }),
    responses: responsesOf(operation),
  };
}

const IDEMPOTENCY_KEY = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'the same on a retry, a new one otherwise; kept for ever' });

const REFUSED = {
  content: {
    'application/json': { schema: problemAnswer },
    'application/problem+json': { schema: problemDetails },
  },
} as const;

const ANY_FILE = { '*/*': { schema: z.file() } } as const;

function responsesOf({ answers, csv, answersFile }: Operation): ZodOpenApiOperationObject['responses'] {
  const file = { 'text/csv': { schema: z.string() } };
  const answered = Object.entries(answers).map(([status, schema]) => [
    status,
    {
      description: status === '202' ? 'Accepted; a second person or Stripe is waited for.' : 'Done.',
      content: { 'application/json': { schema }, ...(csv !== undefined && file) },
    },
  ]);
  return {
    ...(answersFile === true && { 200: { description: 'The file.', content: ANY_FILE } }),
    ...(csv === 'always' && { 200: { description: 'The file.', content: file } }),
    ...(Object.fromEntries(answered) as ZodOpenApiOperationObject['responses']),
    '4XX': { description: 'Refused; nothing was changed. `code` says why, `doc_url` explains it.', ...REFUSED },
    '5XX': { description: 'Something broke or is away; try again with the same key.', ...REFUSED },
  };
}
