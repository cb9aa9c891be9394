import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';

import type { Command } from 'commander';

import { VERSION } from '../contract/version.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';

interface Notes {
  readonly version: string;
  readonly text: string;
}

/** `creditpool upgrade-notes`. */
export function registerUpgradeNotesCommand(program: Command, context: CliContext): void {
  program
    .command('upgrade-notes')
    .description('what changed since a version, of CHANGELOG.md')
    .option('--from <version>', 'the version that you come from; without it, all of them')
    .option('--json', 'print one JSON document')
    .addHelpText('before', examples('upgrade-notes --from 0.1.0', 'upgrade-notes --json'))
    .action(async ({ from, json: asJson }: { from?: string; json?: true }) => {
      if (from !== undefined && !/^\d+\.\d+\.\d+$/.test(from)) {
        context.say(`${from} is no version; write one such as ${VERSION}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      const notes = notesSince(await readFile(new URL('CHANGELOG.md', packageRoot()), 'utf8'), from ?? null);
      if (asJson === true) context.out(json({ object: 'upgrade_notes', from: from ?? null, to: VERSION, data: notes }));
      else for (const { text } of notes) context.out(`${text}\n`);
      if (notes.length === 0) context.say(`Nothing newer than ${from ?? 'nothing'}; this is ${VERSION}.`);
    });
}

function packageRoot(): URL {
  const manifest = findPackageJSON(import.meta.url);
  if (manifest === undefined) throw new Error('the package of creditpool has no package.json');
  return new URL('.', `file://${manifest}`);
}

/** The sections of a changelog that are newer than a version, newest first; null: all of them. */
export function notesSince(changelog: string, from: string | null): readonly Notes[] {
  return changelog
    .split(/^(?=## \d)/m)
    .flatMap((section) => {
      const version = /^## (\d+\.\d+\.\d+)/.exec(section)?.[1];
      return version === undefined ? [] : [{ version, text: section.trim() }];
    })
    .filter(({ version }) => from === null || isNewer(version, from));
}

function isNewer(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) > 0;
}
