// Every parameter that the simulator declares against the SDK's types: none is missing, none misspelt, down to the last
// field of a list inside an object.
import { readFileSync } from 'node:fs';

import type { Stripe } from 'stripe';
import { expect, inject, test } from 'vitest';

import { notSimulated, resourceNotSimulated } from '../../src/simulator/not-simulated.ts';
import type { Kind, Shape } from '../../src/simulator/parameters.ts';
import { ROUTES } from '../../src/simulator/registry.ts';
import { callName } from '../../src/simulator/routes.ts';
import type { ObjectShape, Schema, Shapes } from '../support/stripe-shapes.ts';
import { openStage } from './support.ts';

const { calls, objects } = JSON.parse(readFileSync(inject('stripeShapesFile'), 'utf8')) as Shapes;

/** Read for every route in one place; and the token in the address of a next page, which is no parameter of a type. */
const EVERYWHERE = new Set(['expand', 'page']);

/** The fields that an object may have, or the objects of a list; undefined for what is no object. */
function fieldsOf(schema: Schema | null): ObjectShape | undefined {
  if (schema === null || typeof schema === 'string') return undefined;
  if ('r' in schema) return objects[schema.r];
  if ('a' in schema) return fieldsOf(schema.a);
  if (!('u' in schema)) return undefined;
  const members = schema.u.map(fieldsOf).filter((member) => member !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members.flatMap((member) => Object.entries(member)));
}

function compared(declared: Shape, sdk: ObjectShape, path: string): string[] {
  const problems: string[] = [];
  const known = new Map(Object.entries(sdk).map(([key, schema]) => [key.replace(/\?$/, ''), { key, schema }]));
  for (const [name, { key, schema }] of known) {
    const kind: Kind<unknown> | undefined = declared[name];
    if (kind === undefined && !EVERYWHERE.has(name)) problems.push(`${path}${name} is missing`);
    else if (kind !== undefined && name === key && !kind.required) problems.push(`${path}${name} is not required`);
    const inner = fieldsOf(schema);
    if (kind?.fields !== undefined && inner !== undefined)
      problems.push(...compared(kind.fields, inner, `${path}${name}.`));
    else if (kind?.fields !== undefined) problems.push(`${path}${name} is no object`);
  }
  for (const name of Object.keys(declared))
    if (!known.has(name) && !EVERYWHERE.has(name)) problems.push(`${path}${name} is not declared`);
  return problems;
}

test('every parameter of every simulated call is declared as the SDK has it, or named as not simulated', () => {
  expect(ROUTES.length).toBeGreaterThan(150);
  const found = ROUTES.flatMap((route) => {
    const call = callName(route.method, route.segments);
    const absent = notSimulated(call);
    const problems = compared(route.shape, fieldsOf(calls[call]?.parameters ?? null) ?? {}, '');
    const named = problems.filter((problem) => absent.has(problem.replace(/ is missing$/, '')));
    const unnamed = problems.filter((problem) => !named.includes(problem));
    const tooMany = [...absent].filter((path) => !named.includes(`${path} is missing`));
    return [...unnamed, ...tooMany.map((path) => `${path} is simulated`)].map((problem) => `${call}: ${problem}`);
  });
  expect(found).toEqual([]);
});

test('what is not simulated is refused by name, what nobody knows as unknown', async () => {
  await using stage = await openStage();
  const shipped = { amount: 100, currency: 'usd', shipping: { name: 'Ada', address: {} } };
  await expect(stage.stripe.paymentIntents.create(shipped)).rejects.toMatchObject({
    code: 'simulator_unsupported',
    param: 'shipping',
  });
  const misspelt = { amount: 100, currency: 'usd', shiping: 'Ada' } as Stripe.PaymentIntentCreateParams;
  await expect(stage.stripe.paymentIntents.create(misspelt)).rejects.toMatchObject({ code: 'parameter_unknown' });
});

test('a parameter that is missing, misspelt or not where it belongs would be found', () => {
  const notes = ROUTES.find((route) => callName(route.method, route.segments) === 'POST /v1/credit_notes');
  const shape = notes?.shape ?? {};
  const sdk = fieldsOf(calls['POST /v1/credit_notes']?.parameters ?? null) ?? {};
  const { memo, ...rest } = shape as Record<string, Kind<unknown>>;
  expect(compared({ ...rest, memmo: memo as Kind<unknown> }, sdk, '')).toEqual([
    'memo is missing',
    'memmo is not declared',
  ]);
  const lines = rest['lines'] as Kind<unknown>;
  const { amount, ...others } = lines.fields ?? {};
  const planted = { ...shape, lines: { ...lines, fields: { ...others, ammount: amount as Kind<unknown> } } };
  expect(compared(planted, sdk, '')).toEqual(['lines.amount is missing', 'lines.ammount is not declared']);
});

test('a call of the SDK is simulated, or its resource is refused by name', async () => {
  const routed = new Set(ROUTES.map(({ method, segments }) => callName(method, segments)));
  const paths = new Map(Object.keys(calls).map((call) => [call, call.split(' ')[1] ?? '']));
  const neither = [...paths].filter(([call, path]) => !routed.has(call) && resourceNotSimulated(path) === undefined);
  expect(neither.map(([call]) => call).filter((call) => !call.includes('/oauth/'))).toEqual([]);
  await using stage = await openStage();
  await expect(stage.stripe.promotionCodes.list()).rejects.toMatchObject({
    code: 'simulator_unsupported',
    message: 'The simulator does not support /v1/promotion_codes.',
  });
  await expect(stage.stripe.rawRequest('GET', '/v1/promotions')).rejects.toThrow('Unrecognized request URL');
});
