// TypeScript of the docs as modules that `npm run typecheck` reads: with the names that stand in the reader's app declared before them.
import { type Block, BLOCKS } from './blocks.ts';

/** What a reader has of his own, by name. */
const NAMES: Readonly<Record<string, string>> = {
  databaseUrl: 'string',
  secretKey: 'string',
  webhookSecrets: 'readonly string[]',
  apiKeyPepper: 'string',
  publicUrl: 'string',
  modelUrl: 'string',
  prompt: 'string',
  CREDITPOOL_URL: 'string',
  CREDITPOOL_API_KEY: 'string',
  log: "import('pino').Logger",
  app: "import('express').Express",
  makeReport: "import('express').RequestHandler",
  signedIn: "import('express').RequestHandler",
  orgOf: "(request: import('express').Request) => string",
  isAdmin: "(request: import('express').Request) => boolean",
  sendMail: '(mail: { id: string; to: unknown; percent: number; available: string }) => Promise<void>',
  createBilling: "typeof import('creditpool').createBilling",
  settings: "import('creditpool').BillingSettings",
  others: "Omit<import('creditpool').BillingSettings, 'databaseUrl' | 'pool'>",
  billing: "import('creditpool').Billing",
  credits: "import('creditpool/client').Creditpool",
  openJournal: "typeof import('creditpool/journal').openJournal",
  tokensIn: '(text: string) => Record<string, number>',
  request: 'RequestInit & { signal: AbortSignal }',
  response: "import('node:http').ServerResponse",
  yourModel: "Parameters<typeof import('ai').wrapLanguageModel>[0]['model']",
  pg: "typeof import('pg')",
};

export function isTypeScript({ language, info }: Block): boolean {
  return language === 'ts' && info['no-run'] === undefined;
}

/** The files of `test/docs-blocks/`, by name. */
export function typedBlocks(): ReadonlyMap<string, string> {
  return new Map(
    BLOCKS.filter(isTypeScript).map((block) => [
      `${block.page.toLowerCase().replace(/\.md$/, '').replaceAll('/', '-')}-${block.number}.ts`,
      moduleOf(block),
    ]),
  );
}

function moduleOf({ page, info, text }: Block): string {
  const part = info['part-of'];
  const code =
    part === undefined ? text : `const part: Partial<${part}> = {\n${text.trimEnd().replace(/,?$/, ',')}\n};\n`;
  const imports = part === undefined ? '' : `import type { ${part} } from 'creditpool';\n\n`;
  const made = [...code.matchAll(/^(?:export default|const (\{[^}]*\}|\w+))/gm)].flatMap(([, name]) =>
    name === undefined ? [] : [...name.matchAll(/\w+/g)].map(([word]) => word),
  );
  const brought = [...code.matchAll(/^import (?:\{([^}]*)\}|(\w+))/gm)]
    .flatMap(([, many = '', one = '']) => [...`${many} ${one}`.matchAll(/\w+/g)])
    .map(([word]) => word);
  const own = new Set([...made, ...brought]);
  // A word that only looks like the name is declared in vain, which hurts nobody.
  const free = Object.entries(NAMES).filter(([name]) => !own.has(name) && new RegExp(`\\b${name}\\b`).test(code));
  const used = [...free.map(([name]) => name), ...made];
  return [
    `// Of ${page}; written by \`npm run docs:reference\`, read by \`npm run typecheck\`.\n`,
    imports,
    ...free.map(([name, type]) => `declare const ${name}: ${type};\n`),
    code,
    used.length === 0 ? '' : `void [${used.join(', ')}];\n`,
    'export {};\n',
  ].join('');
}
