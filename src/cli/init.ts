import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

import { type Command, Option } from 'commander';

import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples } from './output.ts';

/** The five credit models, and two plans that people know. Each is a file of `templates/` with a story that proves it. */
export const TEMPLATES = {
  hybrid: 'a fee with credits in it, and overage beyond them',
  'cost-plus': 'packs are bought, work stops at zero',
  'seat-pool': 'each seat brings credits into a pool that the team shares',
  'usage-wrapper': 'raw usage, priced in credits',
  outcome: 'only what worked costs something',
  postman: "Postman's shape: an allowance for each user, a pool for an enterprise",
  netlify: "Netlify's shape: a deploy costs 15 of 300 credits",
} as const;
export type TemplateName = keyof typeof TEMPLATES;

const NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];
const DEFAULT: TemplateName = 'hybrid';
const IGNORED = '.creditpool/';

export function templatePath(name: TemplateName): string {
  return fileURLToPath(new URL(`../../templates/${name}.config.ts`, import.meta.url));
}

interface Options {
  readonly template?: TemplateName;
  readonly yes?: true;
  readonly dryRun?: true;
}

/** `creditpool init`. */
export function registerInitCommand(program: Command, context: CliContext): void {
  program
    .command('init')
    .description('write a catalogue file to start from, and keep the local data out of git')
    .addOption(new Option('--template <name>', `which credit model (default: ${DEFAULT})`).choices(NAMES))
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would be written and stop')
    .addHelpText('before', examples('init --template seat-pool', 'init --template hybrid --dry-run'))
    .addHelpText('after', `\nTemplates:\n${NAMES.map((name) => `  ${name.padEnd(14)} ${TEMPLATES[name]}`).join('\n')}`)
    .action(async (options: Options) => {
      process.exitCode = await init(context, options);
    });
}

async function init(context: CliContext, options: Options): Promise<number> {
  const path = context.config.cataloguePath;
  if ((await textOf(path)) !== null) {
    context.say(`${path} is there already, and init writes over nothing. Look at it with: creditpool plan validate`);
    return EXIT.conflict;
  }
  if (!/\.m?ts$/.test(path)) {
    context.say(
      `${path} is no TypeScript file, and templates are. Set CREDITPOOL_CATALOGUE to one, or leave it unset.`,
    );
    return EXIT.wrongUsage;
  }
  const template = options.template ?? (await askTemplate(options));
  const content = await readFile(templatePath(template), 'utf8');
  const ignore = await textOf('.gitignore');
  const isIgnored = ignore?.split('\n').some((line) => /^\/?\.creditpool\/?$/.test(line.trim())) ?? false;
  context.out(`+ ${path}   ${template}: ${TEMPLATES[template]} (${content.split('\n').length - 1} lines)`);
  if (!isIgnored) context.out(`${ignore === null ? '+' : '~'} .gitignore   + ${IGNORED}`);
  if (options.dryRun === true) {
    context.say('Nothing was written.');
    return EXIT.done;
  }
  // Fails rather than to write over a file that came meanwhile.
  await writeFile(path, content, { flag: 'wx' });
  if (!isIgnored) await appendFile('.gitignore', `${ignore === null || ignore.endsWith('\n') ? '' : '\n'}${IGNORED}\n`);
  context.say(`Written: ${resolve(path)}. Next: creditpool plan validate, then creditpool dev`);
  return EXIT.done;
}

async function askTemplate({ yes, dryRun }: Options): Promise<TemplateName> {
  if (yes === true || dryRun === true || !process.stdin.isTTY) return DEFAULT;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const list = NAMES.map((name, index) => `  ${index + 1}  ${name.padEnd(14)} ${TEMPLATES[name]}`).join('\n');
  const answer = (await prompt.question(`Which credit model?\n${list}\n[1] `)).trim();
  prompt.close();
  return NAMES.find((name) => name === answer) ?? NAMES[Number(answer || '1') - 1] ?? DEFAULT;
}

/** null: there is no such file. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
