import { type Command, Option } from 'commander';

import { orderFormText, policyMarkdown, type ReadPolicy, shownPolicy } from '../contract/policies.ts';
import { invoiceText, policyRules } from '../domain/policy-text.ts';
import { readPolicy } from '../operations/read-policy.ts';
import { validateCatalogue } from '../operations/validate-catalogue.ts';
import { readCatalogueFile } from './catalogue-file.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { showFindings, showRefusal as showCatalogueRefusal } from './plan-output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const FORMATS = ['table', 'markdown', 'json', 'order-form', 'invoice'] as const;

interface Options {
  readonly file?: true | string;
  readonly format: (typeof FORMATS)[number];
  readonly json?: true;
}

/** `creditpool policy PLAN`. */
export function registerPolicyCommand(program: Command, context: CliContext): void {
  program
    .command('policy')
    .description("a plan's rules in plain English, the same sentences everywhere")
    .argument('<plan>', 'such as hybrid')
    .option('--file [path]', `read the catalogue file and no database (default: ${context.config.cataloguePath})`)
    .addOption(new Option('--format <format>', 'how it is written').choices(FORMATS).default('table'))
    .option('--json', 'the same as --format json')
    .addHelpText('before', examples('policy hybrid', 'policy hybrid --file --format order-form'))
    .action(async (plan: string, options: Options) => {
      if (options.file === undefined) await showPushed(context, plan, options);
      else {
        const path = options.file === true ? context.config.cataloguePath : options.file;
        process.exitCode = await showFromFile(context, { plan, path }, options);
      }
    });
}

async function showPushed(context: CliContext, plan: string, options: Options): Promise<void> {
  await withBooks(context, { stripe: false }, async (deps) => {
    const policy = await readPolicy(deps, { plan });
    if ('rejected' in policy) return showRefusal(context, policy, formatOf(options) === 'json');
    context.out(written(policy, options));
    return EXIT.done;
  });
}

async function showFromFile(
  context: CliContext,
  { plan, path }: { readonly plan: string; readonly path: string },
  options: Options,
): Promise<number> {
  const isJson = formatOf(options) === 'json' || undefined;
  const read = await readCatalogueFile(path);
  if ('findings' in read) return showFindings(context, { path, json: isJson, findings: read.findings });
  const validated = validateCatalogue(read.catalogue);
  if ('rejected' in validated) return showCatalogueRefusal(context, { path, json: isJson, refused: validated });
  const { plans, packs, words = {} } = validated.catalogue;
  const content = plans.find((each) => each.plan === plan);
  if (content === undefined) {
    context.say(`${path} has no plan ${plan}; it has ${plans.map((each) => each.plan).join(', ')}.`);
    return EXIT.notFound;
  }
  const rules = policyRules({ plan: content, packs, words });
  context.out(written({ plan, name: content.name, version: null, offered: true, rules }, options));
  return EXIT.done;
}

function formatOf({ format, json: asJson }: Options): Options['format'] {
  return asJson ? 'json' : format;
}

function written(policy: ReadPolicy, options: Options): string {
  switch (formatOf(options)) {
    case 'table':
      return policy.rules.map(({ title, text }) => `${title}\n${indented(text)}`).join('\n');
    case 'markdown':
      return policyMarkdown(policy);
    case 'json':
      return json(shownPolicy(policy));
    case 'order-form':
      return orderFormText(policy);
    case 'invoice':
      return invoiceText(policy);
  }
}

const LINE_LENGTH = 96;

/** Sentences under their rule's name, in lines that a terminal holds. */
function indented(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}
