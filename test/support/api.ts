import { randomBytes } from 'node:crypto';
// The real router behind a real socket, with keys of each scope: tests speak to it as a caller does.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { afterAll } from 'vitest';

import { assembleBilling, assembleDeps, type AssemblySettings, type Billing } from '../../src/billing.ts';
import { SCOPES, type Scope } from '../../src/domain/scope.ts';
import { createApiKey } from '../../src/operations/create-api-key.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import type { TestDatabase } from './database.ts';
import { asDocumented } from './documented.ts';

const PEPPER = 'a pepper for tests only';
const WEBHOOK_SECRET = 'whsec_test_secret_of_the_endpoint';

export interface TestApi {
  readonly billing: Billing;
  readonly origin: string;
  readonly keys: Readonly<Record<Scope, string>>;
  readonly log: readonly string[];
  /** With the admin key unless told otherwise; null sends none. */
  readonly call: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // What came over the wire is looked at freely.
  readonly body: Wire;
}

/** JSON as tests read it: any field, any depth. */
export interface Wire {
  readonly [field: string]: Wire & (string | number | boolean | null | readonly Wire[]);
}

/** A field that must be text. */
export function textOf(field: unknown): string {
  if (typeof field !== 'string') throw new Error(`${JSON.stringify(field)} is no text`);
  return field;
}

/** Starts it for the calling test file and stops it afterwards. */
export async function startApi(
  { database }: Pick<TestDatabase, 'database'>,
  settings: Partial<AssemblySettings> = {},
): Promise<TestApi> {
  const lines: string[] = [];
  const note = (fields: object, message: string): void => {
    lines.push(
      `${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.stack : value))}`,
    );
  };
  const deps = assembleDeps({
    db: database,
    stripe: connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' }),
    log: { info: note, warn: note, error: note },
  });
  const billing = assembleBilling(deps, {
    livemode: false,
    pepper: PEPPER,
    webhookSecrets: [WEBHOOK_SECRET],
    publicUrl: 'http://127.0.0.1:4000',
    nightlyCron: '0 3 * * *',
    ...settings,
  });
  const keys = Object.fromEntries(
    await Promise.all(SCOPES.map(async (scope) => [scope, await newKey(billing, [scope])] as const)),
  ) as Record<Scope, string>;
  const server = createServer(express().disable('x-powered-by').use(billing.router));
  const origin = await listen(server);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await billing.close();
  });
  return {
    billing,
    origin,
    keys,
    log: lines,
    call: async (method, path, body, { key = keys.admin, headers = {} } = {}) => {
      const response = await fetch(origin + path, {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return asDocumented(method, path, body, await replyOf(response));
    },
  };
}

/** What came back; what is no JSON as its text. */
export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { text }) as Wire,
  };
}

export async function newKey(
  billing: Pick<Billing, 'deps'>,
  scopes: readonly Scope[],
  more: { readonly livemode?: boolean; readonly expiresAt?: Date; readonly pepper?: string } = {},
): Promise<string> {
  const { text } = await createApiKey(billing.deps, {
    name: scopes.join(' '),
    scopes,
    livemode: false,
    pepper: PEPPER,
    randomness: randomBytes(41),
    at: new Date(),
    ...more,
  });
  return text;
}

async function listen(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
