import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { createJiti } from 'jiti';
import { parse as parseYaml } from 'yaml';

import { readCatalogue } from '../contract/catalogue.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Finding } from '../domain/finding.ts';

export type CatalogueFile = { readonly catalogue: Catalogue } | { readonly findings: readonly Finding[] };

/** Reads a catalogue file in TypeScript, JavaScript, YAML or JSON and checks its form; the linter comes after it. */
export async function readCatalogueFile(path: string): Promise<CatalogueFile> {
  const file = resolve(path);
  const text = await readFile(file, 'utf8').catch((error: unknown) => unreadable(path, error));
  if (typeof text === 'object') return text;
  try {
    switch (extname(file)) {
      case '.ts':
      case '.mts':
      case '.js':
      case '.mjs':
        return fromModule(await importModule(file));
      case '.yaml':
      case '.yml':
        return readCatalogue(parseYaml(text));
      case '.json':
        return readCatalogue(JSON.parse(text));
      default:
        return finding('unknown_format', `${path} is none of .ts, .js, .yaml and .json.`, 'Rename the file.');
    }
  } catch (error) {
    // Whatever a file can be wrong with, its author needs the parser's own words, on one line.
    const [cause = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return finding('syntax', `${cause.trim().replace(/[.:]?$/, '')}.`, 'Correct the file there.');
  }
}

/**
 * `import { defineCatalogue } from 'creditpool'` means this very package, wherever the file lies: also where nothing
 * is installed beside it. Nothing is cached, since a file is edited and read again.
 */
async function importModule(file: string): Promise<unknown> {
  const here = import.meta.url;
  const creditpool = fileURLToPath(new URL(`../domain/catalogue${extname(here)}`, here));
  const jiti = createJiti(pathToFileURL(file).href, { alias: { creditpool }, fsCache: false, moduleCache: false });
  return jiti.import(file);
}

function fromModule(module: unknown): CatalogueFile {
  if (typeof module !== 'object' || module === null || !('default' in module)) {
    return finding(
      'no_default_export',
      'The file exports no catalogue.',
      'Write export default defineCatalogue({ … }).',
    );
  }
  return readCatalogue(module.default);
}

function unreadable(path: string, error: unknown): CatalogueFile {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return finding('file_missing', `There is no file ${path}.`, 'Name another one, or write it: docs/catalogue.md.');
  }
  if (code === 'EISDIR' || code === 'EACCES') {
    return finding('file_unreadable', `${path} cannot be read (${code}).`, 'Name a file that may be read.');
  }
  throw error;
}

function finding(code: string, message: string, fix: string): CatalogueFile {
  return { findings: [{ path: 'the file', code, message, fix }] };
}
