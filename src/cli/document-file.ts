// A file that somebody writes by hand, in the format he likes: its content, or one finding in the parser's own words.
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { createJiti } from 'jiti';
import { parse as parseYaml } from 'yaml';

import type { Finding } from '../domain/finding.ts';

export type DocumentFile = { readonly content: unknown } | { readonly findings: readonly Finding[] };

export interface Document {
  /** "catalogue": what the file holds, for sentences. */
  readonly what: string;
  /** "defineCatalogue({ … })": what a module exports by default. */
  readonly exported: string;
  /** The page of docs/ that says how it is written. */
  readonly docs: string;
}

/** Reads a file in TypeScript, JavaScript, YAML or JSON; its form is the caller's business. */
export async function readDocumentFile(path: string, document: Document): Promise<DocumentFile> {
  const file = resolve(path);
  const text = await readFile(file, 'utf8').catch((error: unknown) => unreadable(path, error, document));
  if (typeof text === 'object') return text;
  try {
    switch (extname(file)) {
      case '.ts':
      case '.mts':
      case '.js':
      case '.mjs':
        return fromModule(await importModule(file), document);
      case '.yaml':
      case '.yml':
        return { content: parseYaml(text) };
      case '.json':
        return { content: JSON.parse(text) };
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

function fromModule(module: unknown, { what, exported }: Document): DocumentFile {
  if (typeof module !== 'object' || module === null || !('default' in module)) {
    return finding('no_default_export', `The file exports no ${what}.`, `Write export default ${exported}.`);
  }
  return { content: module.default };
}

function unreadable(path: string, error: unknown, { docs }: Document): DocumentFile {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return finding('file_missing', `There is no file ${path}.`, `Name another one, or write it: ${docs}.`);
  }
  if (code === 'EISDIR' || code === 'EACCES') {
    return finding('file_unreadable', `${path} cannot be read (${code}).`, 'Name a file that may be read.');
  }
  throw error;
}

function finding(code: string, message: string, fix: string): DocumentFile {
  return { findings: [{ path: 'the file', code, message, fix }] };
}
