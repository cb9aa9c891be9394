// Code blocks of the README and the docs, and what a test does with each: run, checked, or left with a reason in the fence.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  readonly page: string;
  /** Of all blocks of its page, from 1. */
  readonly number: number;
  readonly language: string;
  /** `no-run="…"`, `run-by="…"`, `part-of="…"`. */
  readonly info: Readonly<Record<string, string>>;
  readonly text: string;
}

const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'src/simulator/README.md',
  ...globSync('examples/**/*.md', { cwd: root }),
  ...globSync('docs/**/*.md', { cwd: root }),
]
  .map((name) => name.replaceAll('\\', '/'))
  .toSorted();

export const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', info = '', text = ''], index) => ({
      page,
      number: index + 1,
      language,
      info: Object.fromEntries(
        [...info.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', said = '']) => [name, said]),
      ),
      text,
    }),
  ),
);

export function placeOf({ page, number, language }: Block): string {
  return `${page}, block ${number} (${language})`;
}
