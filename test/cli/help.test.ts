// What the command line says about itself: examples that hold, commands that are guessed, and what a shell completes.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import { program } from '../../src/cli/run-command.ts';
import { notesSince } from '../../src/cli/upgrade-notes.ts';
import { readConfig } from '../../src/config.ts';
import { everyCommand, examplesIn, helpOf } from '../support/help-examples.ts';

/** The table of commands, that does nothing; and what it printed. */
function commandLine(): { readonly root: Command; readonly said: () => string; readonly data: () => string } {
  const lines: string[] = [];
  const printed: string[] = [];
  const context = {
    config: readConfig({}),
    openDeps: async () => Promise.reject(new Error('no command of these opens anything')),
    out: (data: string) => void printed.push(data),
    say: (text: string) => void lines.push(text),
  };
  const root = program(context);
  for (const command of everyCommand(root)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void lines.push(text),
      writeErr: (text) => void lines.push(text),
    });
  }
  return { root, said: () => lines.join('\n'), data: () => printed.join('\n') };
}

function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

const paths = everyCommand(commandLine().root).map(pathOf);

describe('each help begins with two examples that hold', () => {
  test.for(paths)('creditpool %s', async (path) => {
    const { root, said } = commandLine();
    const command = everyCommand(root).find((one) => pathOf(one) === path);
    if (command === undefined) throw new Error(path);
    const help = helpOf(command);
    expect(help).toMatch(/^Examples:\n {2}creditpool .*\n {2}creditpool .*\n/);
    for (const one of everyCommand(root)) if (one.commands.length === 0) one.action(() => undefined);
    for (const { line, words } of examplesIn(help)) {
      await expect(root.parseAsync(words, { from: 'user' }), `${line}\n${said()}`).resolves.toBe(root);
    }
  });
});

test('a command that is nearly one is guessed', async () => {
  for (const [typed, meant] of [
    ['balanse', 'balance'],
    ['plan pusch', 'push'],
  ] as const) {
    const { root, said } = commandLine();
    await expect(root.parseAsync(typed.split(' '), { from: 'user' })).rejects.toThrow();
    expect(said()).toContain(`Did you mean ${meant}?`);
  }
});

describe('completion', () => {
  async function completionFor(shell: string): Promise<string> {
    const { root, data } = commandLine();
    await root.parseAsync(['completion', shell], { from: 'user' });
    return data();
  }

  test('bash offers commands behind commands, and their options', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'creditpool-completion-')), 'creditpool');
    writeFileSync(file, await completionFor('bash'));
    const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
      const script = `source "$0"; COMP_WORDS=(creditpool "$@"); COMP_CWORD=$#; _creditpool; echo "\${COMPREPLY[*]}"`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script, file, ...words]);
      return stdout.trim().split(' ');
    };
    expect(await offered('bal')).toEqual(['balance']);
    expect(await offered('plan', 'pu')).toEqual(['push']);
    expect(await offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(await offered('init', '--dry')).toEqual(['--dry-run']);
    expect(await offered('balance', 'ext:acme', '--js')).toEqual(['--json']);
  });

  test.for(['bash', 'zsh', 'fish'])('%s is told of every command', async (shell) => {
    const told = await completionFor(shell);
    expect(paths.filter((path) => !told.includes(path))).toEqual([]);
  });

  // Whoever has them: the same offers, made by the shells' own words.
  const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
  test.skipIf(!has('fish'))('fish offers the same', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'creditpool-completion-')), 'creditpool.fish');
    writeFileSync(file, await completionFor('fish'));
    const offered = async (line: string): Promise<readonly string[]> => {
      const { stdout } = await promisify(execFile)('fish', ['-c', `source ${file}; complete -C '${line}'`]);
      return stdout.trim().split('\n');
    };
    expect(await offered('creditpool plan pu')).toEqual(['push']);
    expect(await offered('creditpool balance ext:acme --js')).toEqual(['--json']);
  });

  test.skipIf(!has('zsh'))('zsh offers the same', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'creditpool-completion-')), '_creditpool');
    writeFileSync(file, await completionFor('zsh'));
    const offered = async (...typed: readonly string[]): Promise<readonly string[]> => {
      const script = `compdef() {}; source ${file}; compadd() { shift; print -l -- "$@" }
        words=(creditpool "$@"); CURRENT=$(($# + 1)); _creditpool`;
      const { stdout } = await promisify(execFile)('zsh', ['-fc', script, 'zsh', ...typed]);
      return stdout.trim().split('\n');
    };
    expect(await offered('plan', 'pu')).toEqual(expect.arrayContaining(['validate', 'diff', 'push']));
    expect(await offered('webhooks', '')).toEqual(expect.arrayContaining(['add', 'rotate', 'test']));
  });

  test('a shell that is none is refused', async () => {
    const { root, said } = commandLine();
    await expect(root.parseAsync(['completion', 'powershell'], { from: 'user' })).rejects.toThrow();
    expect(said()).toContain('Allowed choices are bash, zsh, fish');
  });
});

test('upgrade notes are the sections that are newer than a version, by number', () => {
  const changelog = '# creditpool\n\n## 0.10.0\n\nten\n\n## 0.9.1\n\nnine\n\n## 0.9.0\n\nold\n';
  expect(notesSince(changelog, '0.9.0')).toEqual([
    { version: '0.10.0', text: '## 0.10.0\n\nten' },
    { version: '0.9.1', text: '## 0.9.1\n\nnine' },
  ]);
  expect(notesSince(changelog, '0.10.0')).toEqual([]);
  expect(notesSince(changelog, null)).toHaveLength(3);
});
