// The pages under docs/ are held against the code: links lead somewhere, commands and their options exist, TypeScript is
// TypeScript, and the reference is what the generator writes. Commands are parsed here, not run: most want a server.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

import { type Command, CommanderError } from 'commander';
import ts from 'typescript5';
import { describe, expect, test } from 'vitest';

import { PAGE_GROUPS } from '../docs/.vitepress/pages.ts';
import { REFERENCE } from '../scripts/reference/files.ts';
import { commandTable } from '../src/cli/run-command.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }).map((name) => name.replaceAll('\\', '/')),
].toSorted();
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  /** Where it stands, for the message. */
  readonly at: string;
}

const blocks = pages.flatMap((page): Block[] =>
  [...read(page).matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```/gm)].map(([, language = '', text = ''], index) => ({
    language,
    text,
    at: `${page}, block ${index + 1}`,
  })),
);

describe('the reference', () => {
  test.for([...REFERENCE])('docs/%s is what `npm run docs:reference` writes', ([name, text]) => {
    expect(read(`docs/${name}`)).toBe(text());
  });

  test('every page is in the sidebar once', () => {
    const listed = PAGE_GROUPS.flatMap((group) => group.pages).map((page) => `docs/${page}.md`);
    expect(['docs/index.md', ...listed].toSorted()).toEqual(pages.filter((page) => page.startsWith('docs/')));
  });
});

describe('links', () => {
  const links = pages.flatMap((page) =>
    [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, href = '']) => ({ page, href }))
      .filter(({ href }) => !/^[a-z]+:/.test(href)),
  );

  test('every relative link leads to a file, and to a heading in it', () => {
    expect(links.length).toBeGreaterThan(150);
    expect(links.filter(({ page, href }) => !leadsSomewhere(page, href))).toEqual([]);
  });

  test('a page or a heading that is not there is found', () => {
    expect(leadsSomewhere('docs/api.md', 'nowhere.md')).toBe(false);
    expect(leadsSomewhere('docs/api.md', 'ledger.md#nowhere')).toBe(false);
    expect(leadsSomewhere('docs/api.md', 'ledger.md#seals')).toBe(true);
  });
});

function withoutCode(markdown: string): string {
  return markdown
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (span) => span.replaceAll(/[[\]()]/g, ''));
}

function leadsSomewhere(page: string, href: string): boolean {
  const [path = '', anchor] = href.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || headingsOf(read(target)).includes(anchor);
}

/** As GitHub and the site name them. */
function headingsOf(markdown: string): readonly string[] {
  return [...markdown.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

describe('commands', () => {
  const lines = blocks
    .filter(({ language }) => ['bash', 'sh'].includes(language))
    .flatMap(({ text, at }) => commandsIn(text).map((words) => ({ words, at })));
  const examples = commandsIn(read('docs/reference/cli.md').replaceAll(/^(?! {2}creditpool ).*$/gm, '')).map(
    (words) => ({
      words,
      at: 'docs/reference/cli.md',
    }),
  );

  test('every creditpool command in a shell block exists, with its options and arguments', () => {
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.flatMap(complaint)).toEqual([]);
  });

  test('so does every example of a --help', () => {
    expect(examples.length).toBeGreaterThan(100);
    expect(examples.flatMap(complaint)).toEqual([]);
  });

  test.for<[string, string]>([
    ['plan puhs', 'no command'],
    ['balance ext:acme --fast', 'unknown option --fast'],
    ['balance', 'missing argument customer'],
    ['balance ext:acme ext:globex', 'too many arguments'],
    ['policy hybrid --format pdf', 'pdf'],
  ])('creditpool %s is found: %s', ([line, says]) => {
    expect(complaint({ words: wordsOf(line), at: '' })).toEqual([expect.stringContaining(says)]);
  });
});

/** What follows `creditpool` on each line of a shell block, up to a pipe, a redirection or a comment. */
function commandsIn(text: string): readonly (readonly string[])[] {
  return text
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split(/\n|&&|\|/)
    .flatMap((line) => {
      const [, rest] =
        /^\s*(?:[A-Z_]+=\S+\s+)*(?:npm run -s creditpool --|(?:npx )?creditpool) ([^>]*)/.exec(line) ?? [];
      return rest === undefined ? [] : [wordsOf(rest.replace(/ {2,}.*| #.*/, ''))];
    });
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

const TABLE = commandTable();
const fresh = new Set<Command>();

/** What commander would say of a line, without running it. */
function complaint({ words, at }: { words: readonly string[]; at: string }): readonly string[] {
  const place = `${at}: creditpool ${words.join(' ')}`;
  let command = TABLE;
  let rest = [...words];
  while (command.commands.length > 0 && rest.length > 0) {
    const next = command.commands.find((one) => one.name() === rest[0] || one.aliases().includes(rest[0] ?? ''));
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (['--help', '--version'].includes(rest[0] ?? '')) return [];
  if (command.commands.length > 0) return [`${place}: no command ${rest[0] ?? ''}`];
  return fault(command, rest).map((what) => `${place}: ${what}`);
}

/** Without the options of the commands above, which may stand anywhere in the line. */
function withoutInherited({ parent }: Command, words: readonly string[]): string[] {
  if (parent === null) return [...words];
  const { operands, unknown } = parent.parseOptions(withoutInherited(parent, words));
  return [...operands, ...unknown];
}

function fault(command: Command, words: readonly string[]): readonly string[] {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  // A command keeps the options of the line before.
  if (fresh.has(command)) command.restoreStateBeforeParse();
  else command.saveStateBeforeParse();
  fresh.add(command);
  try {
    const { operands, unknown } = command.parseOptions(withoutInherited(command, words));
    if (unknown.length > 0) return [`unknown option ${unknown.join(' ')}`];
    const { registeredArguments } = command;
    const missing = registeredArguments.find(({ required }, index) => required && operands[index] === undefined);
    if (missing !== undefined) return [`missing argument ${missing.name()}`];
    const takesMore = registeredArguments.at(-1)?.variadic === true;
    if (operands.length > registeredArguments.length && !takesMore) return ['too many arguments'];
    const unset = command.options.find(
      (one) => one.mandatory && command.getOptionValue(one.attributeName()) === undefined,
    );
    return unset === undefined ? [] : [`missing option ${unset.flags}`];
  } catch (error) {
    if (error instanceof CommanderError) return [error.message];
    throw error;
  }
}

describe('TypeScript', () => {
  const code = blocks.filter(({ language }) => ['ts', 'js'].includes(language));

  // Blocks are excerpts whose names stand in the reader's app, so they are parsed; what they import is looked up.
  test('every block parses, as a program or as the inside of an object', () => {
    expect(code.length).toBeGreaterThan(10);
    const broken = code.filter(({ text }) => !parses(text) && !parses(`({${text}})`) && !parses(`({${text}\n})`));
    expect(broken.map(({ at }) => at)).toEqual([]);
  });

  test('every name that a block imports from us is exported', async () => {
    const imports = code.flatMap(({ text, at }) =>
      [...text.matchAll(/import \{([^}]+)\} from '(creditpool[^']*)'/g)].flatMap(([, names = '', from = '']) =>
        names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '' && !name.startsWith('type '))
          .map((name) => ({ name, from, at })),
      ),
    );
    expect(imports.length).toBeGreaterThan(5);
    const entries: Record<string, object> = {
      creditpool: await import('creditpool'),
      'creditpool/client': await import('creditpool/client'),
      'creditpool/journal': await import('creditpool/journal'),
      'creditpool/simulator': await import('creditpool/simulator'),
    };
    expect(imports.filter(({ name, from }) => !(name in (entries[from] ?? {})))).toEqual([]);
  });
});

function parses(text: string): boolean {
  const options = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(text, { compilerOptions: options, reportDiagnostics: true }).diagnostics?.length === 0;
}
