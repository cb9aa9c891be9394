// No engine builds the image here, so what can be said without one is checked: the files' own grammar, and the promises
// that an operator relies on.
import { readFileSync } from 'node:fs';

import { DockerfileParser } from 'dockerfile-ast';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { VARIABLE_NAMES } from '../src/config.ts';

const file = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const dockerfile = DockerfileParser.parse(file('Dockerfile'));
const manifest = JSON.parse(file('package.json')) as {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
};

interface Service {
  readonly image?: string;
  readonly read_only?: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly healthcheck?: object;
}

const { services } = parse(file('compose.yaml')) as { readonly services: Readonly<Record<string, Service>> };

function instructions(keyword: string): readonly string[] {
  return dockerfile
    .getInstructions()
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getArgumentsContent() ?? '');
}

test('the image is of the Node that the tests run on, by its full version', () => {
  const images = instructions('FROM').map((from) => from.split(' ')[0]);
  expect(images).toEqual(Array(2).fill(`node:${manifest.devDependencies['node']}-bookworm-slim`));
});

test('the image runs as nobody special, says when it is healthy, and holds no secret', () => {
  const keywords = dockerfile.getInstructions().map((instruction) => instruction.getKeyword());
  expect(instructions('USER')).toEqual(['node']);
  expect(keywords.slice(keywords.lastIndexOf('USER'))).not.toContain('RUN');
  expect(instructions('HEALTHCHECK').join(' ')).toContain('/readyz');
  expect(instructions('ARG')).toEqual([]);
  expect(instructions('ENV').join(' ')).not.toMatch(/SECRET|PASSWORD|PEPPER/);
  expect(file('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.env', '.creditpool', '.git']));
});

test('what the last stage copies is what the build writes, and the command is a file of it', () => {
  expect(instructions('RUN').join(' ')).toContain('npm run build');
  expect(manifest.scripts['build']).toContain('tsc -p tsconfig.build.json');
  expect(instructions('CMD')).toEqual(['["node", "dist/src/cli/main.js", "start"]']);
});

test('the composed service may write nowhere but in memory, and gains no right', () => {
  const service = services['creditpool'];
  expect(service?.read_only).toBe(true);
  expect(service?.cap_drop).toEqual(['ALL']);
  expect(service?.security_opt).toEqual(['no-new-privileges:true']);
  expect(service?.tmpfs?.map((mount) => mount.split(':')[0])).toEqual(['/tmp', '/app/.creditpool']);
  expect(service?.ports).toEqual(['127.0.0.1:4000:4000']);
});

test('the composed database has no password that everybody knows, and says when it is healthy', () => {
  const database = services['postgres'];
  expect(database?.image).toMatch(/^postgres:\d+\.\d+-/);
  expect(database?.environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  expect(database?.healthcheck).toBeDefined();
  expect(database?.ports).toBeUndefined();
});

test('each setting in the deployment files is a setting of ours', () => {
  const composed = Object.keys(services['creditpool']?.environment ?? {});
  const unit = [...file('deploy/creditpool.service').matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name);
  expect([...composed, ...unit].filter((name) => !VARIABLE_NAMES.includes(name ?? ''))).toEqual([]);
});

test('systemd gives a stop the time that a stop takes', () => {
  const seconds = /^TimeoutStopSec=(\d+)$/m.exec(file('deploy/creditpool.service'))?.[1];
  expect(Number(seconds)).toBeGreaterThan(10 + 8);
});
