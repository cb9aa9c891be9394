import { readFileSync } from 'node:fs';

import { VARIABLES } from '../../src/variables.ts';
import { code, page, plain, table } from './markdown.ts';

/** Each variable with the comment and the default of `.env.example`, and what a wrong value is told. */
export function settingsPage(): string {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n');
  const rows = Object.entries(VARIABLES).map(([name, { fix }]) => {
    const at = example.findIndex((line) => line.startsWith(`${name}=`));
    const value = example[at]?.slice(name.length + 1) ?? '';
    const comment = example[at - 1]?.slice('# '.length) ?? '';
    return [code(name), plain(comment), value === '' ? '' : code(value), plain(fix)];
  });
  return page(
    'Settings',
    'Variables of the environment, or of a file `.env`. None must be set; empty means the default. Wrong values stop the start, all of them named at once.',
    table(['variable', 'what it does', 'default', 'a wrong value is told'], rows),
  );
}
