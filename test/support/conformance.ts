// Whether what crosses the wire is what the SDK's types say: a missing, misspelt, wrongly typed or undeclared field.
import type { FormValue } from '../../src/simulator/form.ts';
import type { Exchange } from '../../src/simulator/wire-watch.ts';
import type { ObjectShape, Schema, Shapes } from './stripe-shapes.ts';

type Said = unknown;

/** How a value is read: as JSON, or as a form in which everything is text. */
interface Reading {
  readonly simple: (kind: string, value: Said) => boolean;
  readonly literal: (literal: string | number | boolean, value: Said) => boolean;
  readonly items: (value: Said) => readonly Said[] | undefined;
  readonly fields: (value: Said) => ReadonlyMap<string, Said> | undefined;
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

const asJson: Reading = {
  simple: (kind, value) => {
    if (kind === 's') return typeof value === 'string';
    if (kind === 'n') return typeof value === 'number';
    if (kind === 'b') return typeof value === 'boolean';
    return kind === '0' ? value === null : typeof value === 'string' && DECIMAL.test(value);
  },
  literal: (literal, value) => literal === value,
  items: (value) => (Array.isArray(value) ? value : undefined),
  fields: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined,
};

const asForm: Reading = {
  simple: (kind, value) => {
    if (typeof value !== 'string') return false;
    if (kind === 's') return true;
    if (kind === 'b') return value === 'true' || value === 'false';
    return kind === '0' ? value === '' : DECIMAL.test(value);
  },
  literal: (literal, value) => String(literal) === value,
  items: (value) => {
    if (!(value instanceof Map)) return undefined;
    const keys = Array.from(value.keys(), String);
    return keys.every((key, index) => key === String(index)) ? [...value.values()] : undefined;
  },
  fields: (value) => (value instanceof Map ? (value as ReadonlyMap<string, Said>) : undefined),
};

export interface Conformance {
  /** What is wrong with an answer, and with the parameters of a call that was carried out. */
  readonly exchange: (exchange: Exchange) => readonly string[];
  /** What is wrong with the body of a webhook. */
  readonly webhook: (body: string) => readonly string[];
}

/** Judges what crosses the wire by the shapes of the SDK. */
export function createConformance(shapes: Shapes): Conformance {
  const { check } = createCheck(shapes.objects);
  const answerOf = ({ method, route, status, answer }: Exchange): readonly string[] => {
    const body: unknown = JSON.parse(answer);
    if (status >= 400) return check(asJson, { m: shapes.error }, body, `${status}`);
    const call = shapes.calls[callName(method, route)];
    if (call === undefined) return [`${callName(method, route)}: the SDK has no such call`];
    if (route === '/v1/events' || route === '/v1/events/{id}')
      return check(asJson, inList(call, shapes.event), body, '');
    if (route.startsWith('/v2/core/events')) return check(asJson, inList(call, shapes.thinEvent), body, '');
    return call.answer === null
      ? check(asJson, { m: '0' }, body, '')
      : check(asJson, inList(call, call.answer), body, '');
  };
  const parametersOf = ({ method, route, status, given }: Exchange): readonly string[] => {
    const parameters = shapes.calls[callName(method, route)]?.parameters ?? null;
    if (status >= 400) return [];
    if (!(given instanceof Map)) return check(asJson, parameters ?? { m: '?' }, JSON.parse(given.json), '');
    if (parameters !== null) return check(asForm, parameters, given, '');
    return Array.from(given.keys(), (key) => `${key} is not declared`);
  };
  return {
    exchange: (exchange) => {
      const name = `${exchange.method} ${exchange.route}`;
      return [
        ...answerOf(exchange)
          .filter(isMeant)
          .map((problem) => `answer to ${name}: ${problem}`),
        ...parametersOf(exchange).map((problem) => `parameters of ${name}: ${problem}`),
      ];
    },
    webhook: (body) => {
      const event: unknown = JSON.parse(body);
      const thin = asJson.fields(event)?.get('object') === 'v2.core.event';
      const problems = check(asJson, thin ? shapes.notification : shapes.event, event, '');
      return problems
        .filter(isMeant)
        .map((problem) => `webhook ${String(asJson.fields(event)?.get('type'))}: ${problem}`);
    },
  };
}

/** The invoice that `invoice.upcoming` tells of has no id, whatever its type says. */
const isMeant = (problem: string): boolean => !/^(data\[\d+\]\.)?data\.object\.id is missing$/.test(problem);

const callName = (method: string, route: string): string => `${method} ${route.replaceAll(/\{[^}]*\}/g, '{}')}`;

/** The answer of a call that lists: a page of the same. */
function inList({ list }: { readonly list: Shapes['calls'][string]['list'] }, item: Schema): Schema {
  return list === null ? item : { r: `list:${list}:${JSON.stringify(item)}` };
}

const PAGES: Readonly<Record<string, ObjectShape>> = {
  v1: { object: { e: ['list'] }, has_more: 'b', url: 's' },
  search: {
    object: { e: ['search_result'] },
    has_more: 'b',
    url: 's',
    next_page: { u: ['s', '0'] },
    'total_count?': 'n',
  },
  v2: { next_page_url: { u: ['s', '0'] }, previous_page_url: { u: ['s', '0'] } },
};

type Check = (reading: Reading, schema: Schema, value: Said, path: string) => readonly string[];

function createCheck(objects: Shapes['objects']): { readonly check: Check } {
  const shapeOf = (name: string): ObjectShape => {
    const [, page = '', item] = /^list:(\w+):(.*)$/s.exec(name) ?? [];
    if (item !== undefined) return { ...PAGES[page], data: { a: JSON.parse(item) as Schema } };
    const shape = objects[name];
    if (shape === undefined) throw new Error(`no shape ${name}`);
    return shape;
  };
  const told = new Map<string, readonly (readonly [string, string | number | boolean])[]>();
  /** The fields of an object with one possible value, such as `object` and `type`: they tell which one is meant. */
  const tellingFields = (name: string): readonly (readonly [string, string | number | boolean])[] => {
    const known = told.get(name);
    if (known !== undefined) return known;
    const telling = Object.entries(shapeOf(name)).flatMap(([key, field]) => {
      const [literal, ...others] = typeof field === 'object' && 'e' in field ? field.e : [];
      return literal === undefined || others.length > 0 ? [] : [[key, literal] as const];
    });
    told.set(name, telling);
    return telling;
  };
  const couldBe = (reading: Reading, schema: Schema, fields: ReadonlyMap<string, Said>): boolean =>
    typeof schema === 'string' ||
    !('r' in schema) ||
    tellingFields(schema.r).every(([key, literal]) => reading.literal(literal, fields.get(key)));
  const ofFields = (reading: Reading, shape: ObjectShape, value: Said, path: string): readonly string[] => {
    const fields = reading.fields(value);
    if (fields === undefined) return [`${path} is ${shown(value)}, not an object`];
    const known = new Set<string>();
    const problems: string[] = [];
    for (const [key, field] of Object.entries(shape)) {
      const name = key.replace(/\?$/, '');
      known.add(name);
      const given = fields.get(name);
      if (given !== undefined) problems.push(...check(reading, field, given, under(path, name)));
      else if (name === key) problems.push(`${under(path, name)} is missing`);
    }
    for (const key of fields.keys()) if (!known.has(key)) problems.push(`${under(path, key)} is not declared`);
    return problems;
  };
  const ofUnion = (reading: Reading, members: readonly Schema[], value: Said, path: string): readonly string[] => {
    const fields = reading.fields(value);
    const candidates = fields === undefined ? members : members.filter((member) => couldBe(reading, member, fields));
    let best: readonly string[] = [`${path} is ${shown(value)}, not one of ${members.length}`];
    for (const [index, member] of candidates.entries()) {
      const problems = check(reading, member, value, path);
      if (problems.length === 0) return [];
      const isObject = fields !== undefined && typeof member === 'object' && 'r' in member;
      if (isObject && (index === 0 || problems.length < best.length || best.length === 1)) best = problems;
    }
    return best;
  };
  const check: Check = (reading, schema, value, path) => {
    if (schema === '?') return [];
    if (typeof schema === 'string') {
      return reading.simple(schema, value) ? [] : [`${path} is ${shown(value)}, not ${WORDS[schema] ?? schema}`];
    }
    if ('e' in schema) {
      const found = schema.e.some((literal) => reading.literal(literal, value));
      return found ? [] : [`${path} is ${shown(value)}, not ${schema.e.slice(0, 5).join(' or ')}`];
    }
    if ('u' in schema) return ofUnion(reading, schema.u, value, path);
    if ('r' in schema) return ofFields(reading, shapeOf(schema.r), value, path);
    if ('a' in schema) {
      const items = reading.items(value);
      if (items === undefined) return [`${path} is ${shown(value)}, not a list`];
      return items.flatMap((item, index) => check(reading, schema.a, item, `${path}[${index}]`));
    }
    const entries = reading.fields(value);
    if (entries === undefined) return [`${path} is ${shown(value)}, not a map`];
    return Array.from(entries).flatMap(([key, item]) => check(reading, schema.m, item, under(path, key)));
  };
  return { check };
}

const WORDS: Readonly<Record<string, string>> = { s: 'text', n: 'a number', b: 'a boolean', 0: 'null', d: 'a decimal' };

const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function shown(value: Said): string {
  const text =
    value instanceof Map ? JSON.stringify(Object.fromEntries(value as Map<string, FormValue>)) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
