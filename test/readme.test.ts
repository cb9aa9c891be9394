// The README is code: its links exist, and CI runs the very command that it gives. Its blocks run in docs-blocks.test.ts.
import { existsSync, readFileSync } from 'node:fs';

import type { Command } from 'commander';
import { expect, test } from 'vitest';

import { program as commandLine } from '../src/cli/run-command.ts';
import { readConfig } from '../src/config.ts';

const openDeps = async (): Promise<never> => Promise.reject(new Error('help opens nothing'));
const root = new URL('..', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const blocks = [...readme.matchAll(/```bash[^\n]*\n([\s\S]*?)```/g)].map(([, block = '']) => block.trim());

test('two commands set everything up, and CI runs the one for the tests', () => {
  expect(blocks).toContain('npm ci && npm start');
  expect(blocks).toContain('npm ci && npm test');
  const ci = readFileSync(new URL('.ci/run', root), 'utf8');
  expect(ci).toMatch(/npm ci\b/);
  expect(ci).toMatch(/^npm test$/m);
});

test('every file that the README links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(8);
  expect(links.filter((link) => !existsSync(new URL(link, root)))).toEqual([]);
});

test('every creditpool command of the README is a command with its own help', () => {
  const commands = new Set(
    [...readme.matchAll(/npm run -s creditpool -- ([a-z]+(?: (?:verify|advance|validate|diff|push|migrate))?)/g)].map(
      ([, command = '']) => command,
    ),
  );
  expect(commands.size).toBeGreaterThan(8);
  for (const command of commands) {
    let help = '';
    const written = { writeOut: (text: string) => void (help += text) };
    const start: Command = commandLine({
      config: readConfig({}),
      openDeps,
      out: () => undefined,
      say: () => undefined,
    });
    const named = command.split(' ').reduce((group, word) => {
      const found = group.commands.find((each) => each.name() === word);
      if (found === undefined) throw new Error(`creditpool ${command} is no command`);
      return found;
    }, start);
    named.configureOutput(written).outputHelp();
    expect(help).toContain(`Usage: creditpool ${command}`);
  }
});
