import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { ENTERED_BY, importsOf, LAYERS, layerOf, violations } from './support/architecture.ts';
import type { SourceFile } from './support/architecture.ts';

const root = new URL('..', import.meta.url);

function readTree(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(root, { withFileTypes: true }).some((entry) => entry.name === folder)
      ? readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
          .filter((path) => /\.tsx?$/.test(path))
          .map((path) => `${folder}/${path}`)
          .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))
      : [],
  );
}

const source = readTree('src', 'webhooks');

test('the source tree keeps every rule', () => {
  expect(source.length).toBeGreaterThan(20);
  expect(source.flatMap(violations)).toEqual([]);
});

test('tests, scripts and examples leave nothing behind', () => {
  // The rules themselves spell out what they forbid.
  const files = readTree('test', 'scripts', 'examples').filter(({ path }) => !path.includes('architecture'));
  expect(files.flatMap(violations)).toEqual([]);
});

test('the rules see the imports that are there', () => {
  const file = source.find(({ path }) => path === 'src/storage/migrate.ts');
  expect(importsOf(file?.text ?? '').map(({ target }) => target)).toContain('./query.ts');
});

test('imports are found in every form', () => {
  const text = `import a from 'one';
import type { B } from "two";
import {
  c,
  d,
} from 'three';
import 'four';
export * from 'five';
export type { E } from 'six';
const f = await import('seven');
import * as g from 'eight';
// import h from 'commented out';
`;
  expect(
    importsOf(text)
      .map(({ target, typeOnly }) => `${target}${typeOnly ? ' (types)' : ''}`)
      .toSorted(),
  ).toEqual(['one', 'two (types)', 'three', 'four', 'five', 'six (types)', 'seven', 'eight'].toSorted());
});

const long = (lines: number): string => Array.from({ length: lines }, (_, index) => `  call(${index});`).join('\n');

test.for([
  ['a package in the domain', 'src/domain/lot.ts', `import { z } from 'zod';`],
  ['a built-in in the domain', 'src/domain/lot.ts', `import { createHash } from 'node:crypto';`],
  ['waiting in the domain', 'src/domain/lot.ts', 'export async function open() {}'],
  ['the domain reaching out', 'src/domain/lot.ts', `import { query } from '../storage/query.ts';`],
  ['even for a type', 'src/domain/lot.ts', `import type { Row } from '../storage/lots.ts';`],
  ['storage calling an operation', 'src/storage/lots.ts', `import { grant } from '../operations/grant-credits.ts';`],
  ['storage calling Stripe', 'src/storage/lots.ts', `import { Stripe } from 'stripe';`],
  ['the SDK outside its module', 'src/operations/grant-credits.ts', `import type { Stripe } from 'stripe';`],
  ['express in an operation', 'src/operations/grant-credits.ts', `import express from 'express';`],
  ['zod in an operation', 'src/operations/grant-credits.ts', `import { z } from 'zod';`],
  ['SQL in a route', 'src/http/pools.ts', `import { query } from '../storage/query.ts';`],
  ['one shell using another', 'src/admin/pools.ts', `import { auth } from '../http/auth.ts';`],
  ['SQL in a webhook', 'webhooks/invoice.ts', `import { query } from '../src/storage/query.ts';`],
  ['the SDK in a webhook', 'webhooks/invoice.ts', `import { call } from '../src/stripe/events.ts';`],
  ['a value in the client', 'src/client/index.ts', `import { pool } from '../contract/pools.ts';`],
  ['a package in the client', 'src/client/index.ts', `import axios from 'axios';`],
  ['the simulator knowing the product', 'src/simulator/invoices.ts', `import { lot } from '../domain/lot.ts';`],
  ['the simulator running the SDK', 'src/simulator/invoices.ts', `import { Stripe } from 'stripe';`],
  ['the embedded server using a package', 'src/embedded/postgres.ts', `import pg from 'pg';`],
  ['the demo from a route', 'src/http/pools.ts', `import { seed } from '../demo/seed.ts';`],
  ['the demo from the composition root', 'src/billing.ts', `import { seed } from './demo/seed.ts';`],
  ['the sandbox from a job', 'src/jobs/schedule.ts', `import { open } from '../sandbox/open.ts';`],
  ['a forbidden import() call', 'src/domain/lot.ts', `const later = import('pg');`],
  ['a folder without a place', 'src/plumbing/pipe.ts', 'export const pipe = 1;'],
  ['a file beside the composition root', 'src/pipe.ts', 'export const pipe = 1;'],
  ['a drawer', 'src/domain/utils.ts', 'export const a = 1;'],
  ['a folder that is a drawer', 'test/helpers/books.ts', 'export const a = 1;'],
  ['types.ts', 'src/http/types.ts', 'export type A = 1;'],
  ['a barrel', 'src/domain/index.ts', `export * from './lot.ts';`],
  ['camel case', 'src/domain/burnCredits.ts', 'export const a = 1;'],
  ['a vague function', 'src/http/pools.ts', 'export function handlePool() {}'],
  ['a vague type', 'src/http/pools.ts', 'export type PoolManager = 1;'],
  ['a prefixed interface', 'src/http/pools.ts', 'export interface IPool {}'],
  ['a long file', 'src/http/pools.ts', long(251)],
  ['a long function', 'src/http/pools.ts', `export function show() {\n${long(70)}\n}\n`],
  ['a long arrow function', 'src/http/pools.ts', `export const show = async (pool: Pool) => {\n${long(70)}\n};\n`],
  ['the clock in the domain', 'src/domain/lot.ts', 'export const now = () => new Date();'],
  ['the clock in an operation', 'src/operations/expire-lots.ts', 'const at = Date.now();'],
  ['chance in an operation', 'src/operations/expire-lots.ts', 'const id = randomUUID();'],
  ['an open end', 'src/http/pools.ts', '// TODO later'],
  ['a muted compiler', 'src/http/pools.ts', '// @ts-expect-error'],
  ['a muted linter', 'src/http/pools.ts', '// oxlint-disable'],
  ['a test left alone', 'test/http/pools.test.ts', 'test.only(1)'],
  ['a test left out', 'test/http/pools.test.ts', 'test.skip(1)'],
] as const)('planted: %s is found', ([, path, text]) => {
  expect(violations({ path, text })).toHaveLength(1);
});

test.for([
  ['types of events in a webhook', 'webhooks/invoice.ts', `import type { Handlers } from '../src/stripe/events.ts';`],
  ['types of the SDK in the simulator', 'src/simulator/invoices.ts', `import type { Stripe } from 'stripe';`],
  ['types of the contract in the client', 'src/client/index.ts', `import type { Pool } from '../contract/pools.ts';`],
  ['the demo from the command line', 'src/cli/seed.ts', `import { seed } from '../demo/seed.ts';`],
  ['the demo from the server', 'src/server.ts', `import { seed } from './demo/seed.ts';`],
  ['anything in the composition root', 'src/billing.ts', `import { query } from './storage/query.ts';`],
  ['seventy lines', 'src/http/pools.ts', `export function show() {\n${long(68)}\n}\n`],
  ['an instant from an argument', 'src/domain/lot.ts', 'export const day = (at: number) => new Date(at);'],
] as const)('allowed: %s', ([, path, text]) => {
  expect(violations({ path, text })).toEqual([]);
});

test('the table knows each layer that it speaks of', () => {
  const named = Object.values(LAYERS).flatMap(({ layers }) => layers.filter((layer) => layer !== '*'));
  for (const layer of [...named, ...Object.keys(ENTERED_BY)]) expect(Object.keys(LAYERS)).toContain(layer);
  expect(layerOf('src/root/x.ts')).toBeUndefined();
});
