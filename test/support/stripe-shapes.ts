// The SDK's own types as data: what each answer, event and parameter of the simulated calls may look like. TypeScript 7
// has no compiler API, so an older one reads them; the result is kept until the SDK, the routes or this file change.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript5';

import { ROUTES } from '../../src/simulator/registry.ts';

/**
 * What a value may be: `s` text, `n` number, `b` boolean, `0` null, `d` a decimal as text, `?` anything; one of some
 * literals; an array; a map; one of several; or a named object.
 */
export type Schema =
  | 's'
  | 'n'
  | 'b'
  | '0'
  | 'd'
  | '?'
  | { readonly e: readonly (string | number | boolean)[] }
  | { readonly a: Schema }
  | { readonly m: Schema }
  | { readonly u: readonly Schema[] }
  | { readonly r: string };

/** The fields of an object; a key that ends in `?` may be absent. */
export type ObjectShape = Readonly<Record<string, Schema>>;

export interface CallShape {
  readonly parameters: Schema | null;
  readonly answer: Schema | null;
  readonly list: 'v1' | 'search' | 'v2' | null;
}

export interface Shapes {
  /** By method and path, ids as `{}`. */
  readonly calls: Readonly<Record<string, CallShape>>;
  readonly event: Schema;
  readonly thinEvent: Schema;
  readonly notification: Schema;
  readonly error: Schema;
  readonly objects: Readonly<Record<string, ObjectShape>>;
}

const SDK = dirname(dirname(createRequire(import.meta.url).resolve('stripe')));
const TYPES = join(SDK, 'esm');
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/creditpool/', import.meta.url));

const LISTS: Readonly<Record<string, CallShape['list']>> = {
  ApiListPromise: 'v1',
  ApiSearchResultPromise: 'search',
  V2ListPromise: 'v2',
};

const pathOf = (segments: readonly string[]): string =>
  `/${segments.map((segment) => (segment.startsWith('{') ? '{}' : segment)).join('/')}`;

/** What the shapes depend on; the answer is the same while this is. */
function fingerprint(): string {
  const routes = ROUTES.map(({ method, segments }) => `${method} ${pathOf(segments)}`);
  const parts = [readFileSync(join(SDK, 'package.json')), readFileSync(fileURLToPath(import.meta.url)), routes.join()];
  return parts
    .reduce((hash, part) => hash.update(part), createHash('sha256'))
    .digest('hex')
    .slice(0, 16);
}

/** The file with the shapes of the installed SDK: the one there is, or read from its types (some seconds). */
export function stripeShapesFile(): string {
  const file = join(CACHE, `stripe-shapes-${fingerprint()}.json`);
  if (existsSync(file)) return file;
  const shapes = readShapes();
  mkdirSync(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(shapes));
  renameSync(draft, file);
  return file;
}

function readShapes(): Shapes {
  const root = join(TYPES, 'stripe.core.d.ts');
  const program = ts.createProgram([root], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
  });
  const reader = createReader(program.getTypeChecker());
  const events = program.getSourceFile(join(TYPES, 'resources/Events.d.ts'));
  const thin = program.getSourceFile(join(TYPES, 'resources/V2/Core/Events.d.ts'));
  return {
    calls: callsOf(program, reader),
    event: reader.alias(events, 'Event'),
    thinEvent: reader.alias(thin, 'Event'),
    notification: reader.alias(thin, 'EventNotification'),
    error: reader.alias(program.getSourceFile(join(TYPES, 'Types.d.ts')), 'StripeRawError'),
    objects: reader.objects,
  };
}

interface Reader {
  readonly objects: Record<string, ObjectShape>;
  readonly node: (node: ts.TypeNode) => Schema;
  readonly alias: (source: ts.SourceFile | undefined, name: string) => Schema;
}

const SIMPLE: readonly (readonly [ts.TypeFlags, Schema])[] = [
  [ts.TypeFlags.String, 's'],
  [ts.TypeFlags.Number, 'n'],
  [ts.TypeFlags.Boolean, 'b'],
  [ts.TypeFlags.Null, '0'],
  [ts.TypeFlags.Any | ts.TypeFlags.Unknown, '?'],
];

/** Classes of the SDK that stand for text on the wire. */
const CLASSES: Readonly<Record<string, Schema>> = { Decimal: 'd', StripeContextType: 's', StripeContext: 's' };

/** `string & Record<never, never>`, the open end of an enumeration. */
const isOpenEnd = (type: ts.Type): boolean =>
  type.isIntersection() && type.types.some(({ flags }) => (flags & ts.TypeFlags.String) !== 0);

function createReader(checker: ts.TypeChecker): Reader {
  const objects: Record<string, ObjectShape> = {};
  const names = new Map<ts.Type, string>();

  const fieldsOf = (type: ts.Type): Record<string, Schema> => {
    const fields: Record<string, Schema> = {};
    for (const property of type.getProperties()) {
      const field = checker.getTypeOfSymbol(property);
      const absent = (field.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined | ts.TypeFlags.Never)) !== 0;
      if (absent || field.getCallSignatures().length > 0) continue;
      const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      fields[`${property.name}${optional ? '?' : ''}`] = schemaOf(field);
    }
    return fields;
  };
  const named = (type: ts.Type): Schema => {
    const known = names.get(type);
    if (known !== undefined) return { r: known };
    const stem = type.aliasSymbol?.name ?? type.symbol?.name ?? 'Object';
    const name = `${stem}#${names.size}`;
    names.set(type, name);
    objects[name] = fieldsOf(type);
    return { r: name };
  };
  const unionOf = (types: readonly ts.Type[]): Schema => {
    const literals: (string | number | boolean)[] = [];
    const others = new Map<string, Schema>();
    const listed = types.some((member) => member.isStringLiteral());
    for (const member of types) {
      // What the SDK leaves open for the future is held to what it lists today: a misspelt word would be no other.
      if ((member.flags & ts.TypeFlags.Undefined) !== 0 || (listed && isOpenEnd(member))) continue;
      const schema = schemaOf(member);
      if (typeof schema === 'object' && 'e' in schema) literals.push(...schema.e);
      else others.set(JSON.stringify(schema), schema);
    }
    const text = others.has('"s"');
    const kept = literals.filter((literal) => !(text && typeof literal === 'string'));
    const all = [...others.values(), ...(kept.length === 0 ? [] : [{ e: kept }])];
    return all.length === 1 ? (all[0] ?? '?') : { u: all };
  };
  const schemaOf = (type: ts.Type): Schema => {
    const simple = SIMPLE.find(([flag]) => (type.flags & flag) !== 0)?.[1];
    if (simple !== undefined) return simple;
    if (type.isStringLiteral() || type.isNumberLiteral()) return { e: [type.value] };
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) return { e: [checker.typeToString(type) === 'true'] };
    if (type.isUnion()) return unionOf(type.types);
    if (isOpenEnd(type)) return 's';
    const known = CLASSES[(type.aliasSymbol ?? type.symbol)?.name ?? ''];
    if (known !== undefined) return known;
    if (checker.isArrayType(type))
      return { a: schemaOf(checker.getTypeArguments(type as ts.TypeReference)[0] as ts.Type) };
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    return index === undefined ? named(type) : { m: schemaOf(index) };
  };
  return {
    objects,
    node: (node) => schemaOf(checker.getTypeFromTypeNode(node)),
    alias: (source, name) => {
      const found = source?.statements.find(
        (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === name,
      );
      if (found === undefined || !ts.isTypeAliasDeclaration(found)) throw new Error(`the SDK has no type ${name}`);
      return schemaOf(checker.getTypeFromTypeNode(found.type));
    },
  };
}

/** Method and path that a method of a resource sends, read from its code: its types do not say. */
function sentBy(code: string): ReadonlyMap<string, string> {
  const sent = new Map<string, string>();
  const method = /^ {4}(\w+)\([^)]*\) \{\n(.*?)^ {4}\}/gms;
  for (const [, name = '', body = ''] of code.matchAll(method)) {
    const [, verb, path] = /_makeRequest\('(\w+)',\s*[`']([^`']+)[`']/.exec(body) ?? [];
    if (verb !== undefined && path !== undefined) sent.set(name, `${verb} ${path.replace(/\$\{[^}]*\}/g, '{}')}`);
  }
  return sent;
}

function callsOf(program: ts.Program, reader: Reader): Record<string, CallShape> {
  const routes = new Set(ROUTES.map(({ method, segments }) => `${method} ${pathOf(segments)}`));
  const calls: Record<string, CallShape> = {};
  const files = readdirSync(join(TYPES, 'resources'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.js')).toSorted()) {
    const path = join(TYPES, 'resources', file);
    const sent = sentBy(readFileSync(path, 'utf8'));
    const source = program.getSourceFile(path.replace(/\.js$/, '.d.ts'));
    const methods = (source?.statements ?? []).flatMap((statement) =>
      ts.isClassDeclaration(statement) ? [...statement.members] : [],
    );
    for (const member of methods) {
      const call = ts.isMethodDeclaration(member) ? sent.get(member.name.getText()) : undefined;
      if (call === undefined || !routes.has(call) || !ts.isMethodDeclaration(member)) continue;
      calls[call] = callOf(member, reader);
    }
  }
  return calls;
}

function callOf(method: ts.MethodDeclaration, reader: Reader): CallShape {
  const parameters = method.parameters.find(({ name }) => name.getText() === 'params')?.type;
  const [name, inner] = unwrapped(method.type);
  const [response, body] = name === 'Promise' ? unwrapped(inner) : [name, inner];
  return {
    parameters: parameters === undefined ? null : reader.node(parameters),
    answer: body === undefined ? null : reader.node(body),
    list: LISTS[response] ?? null,
  };
}

/** `Name<Inner>` as its two parts. */
function unwrapped(node: ts.TypeNode | undefined): readonly [string, ts.TypeNode | undefined] {
  if (node === undefined || !ts.isTypeReferenceNode(node)) return ['', undefined];
  return [node.typeName.getText(), node.typeArguments?.[0]];
}
