// Every call of the suite to our API is compared with the OpenAPI document: what was sent and taken, and what came back.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { inject } from 'vitest';

import type { Reply } from './api.ts';

interface Documented {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

export interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

interface Found {
  readonly path: string;
  readonly operation: DocumentedOperation;
}

interface Learned {
  readonly document: Documented;
  readonly ajv: Ajv2020;
  readonly find: (call: string) => Found | null;
}

let known: Learned | null = null;

/** The document with answers closed: a field that it does not name is a fault. */
export function documented(): Learned {
  known ??= learned(JSON.parse(inject('openApi')) as Documented);
  return known;
}

function learned(document: Documented): Learned {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'openapi');
  const patterns = Object.entries(document.paths).map(
    ([path, operations]) => [new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`), path, operations] as const,
  );
  // A path of words only is meant before one with a name in it.
  patterns.sort(([, a], [, b]) => a.split('{').length - b.split('{').length);
  return {
    document,
    ajv,
    find: (call) => {
      const [method = '', path = ''] = call.split(' ');
      for (const [pattern, template, operations] of patterns) {
        const operation = operations[method.toLowerCase()];
        if (operation !== undefined && pattern.test(path)) return { path: template, operation };
      }
      return null;
    },
  };
}

/** The reply as it came, when it is what the document says; else throws. What is not in the document passes. */
export function asDocumented(method: string, path: string, sent: unknown, reply: Reply): Reply {
  const { find } = documented();
  const found = find(`${method} ${path.split('?')[0]}`);
  if (found === null) return reply;
  const faults = [
    ...faultsOfQuery(path, found, reply),
    ...faultsOfRequest(method, found, sent, reply),
    ...faultsOfAnswer(method, found, reply),
  ];
  if (faults.length === 0) return reply;
  const said = JSON.stringify(reply.body).slice(0, 2_000);
  throw new Error(`${method} ${path}: ${reply.status} is not what the document says:\n${faults.join('\n')}\n${said}`);
}

function faultsOfQuery(path: string, { operation }: Found, { status }: Reply): readonly string[] {
  const named = operation.parameters?.filter((one) => one.in === 'query').map(({ name }) => name) ?? [];
  const taken = status < 300 ? [...new URL(path, 'http://localhost').searchParams.keys()] : [];
  return taken.filter((name) => !named.includes(name)).map((name) => `took ${name} in the query`);
}

function faultsOfRequest(method: string, { path, operation }: Found, sent: unknown, reply: Reply): readonly string[] {
  if (reply.status >= 300 || sent === undefined || method === 'GET' || typeof sent === 'string') return [];
  if (operation.requestBody === undefined) return Object.keys(sent as object).map((field) => `took ${field} of a body`);
  // Events are answered one by one, bad ones among them.
  if (isMany(sent)) return [];
  return faultsBy(placeOf(path, method, 'requestBody'), JSON.parse(JSON.stringify(sent)), 'the request');
}

function isMany(sent: unknown): boolean {
  return typeof sent === 'object' && sent !== null && 'events' in sent;
}

function faultsOfAnswer(method: string, { path, operation }: Found, { status, headers, body }: Reply) {
  const named = [String(status), `${String(status).charAt(0)}XX`].find((key) => key in operation.responses);
  if (named === undefined) return [`the status ${status}`];
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const content = operation.responses[named]?.content ?? {};
  if ('*/*' in content) return [];
  if (!(type in content)) return Object.keys(content).length === 0 ? [] : [`the content type ${type}`];
  if (!type.includes('json')) return [];
  return faultsBy(placeOf(path, method, `responses/${named}`, type), body, 'the answer');
}

function placeOf(path: string, method: string, where: string, type = 'application/json'): string {
  const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
  return `openapi#/paths/${escaped(path)}/${method.toLowerCase()}/${where}/content/${escaped(type)}/schema`;
}

const compiled = new Map<string, ValidateFunction>();

function faultsBy(place: string, value: unknown, whose: string): readonly string[] {
  const validate = compiled.get(place) ?? documented().ajv.compile({ $ref: place });
  compiled.set(place, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [whose, instancePath, message, JSON.stringify(params)].join(' '),
  );
}
