import { readCatalogue } from '../contract/catalogue.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Finding } from '../domain/finding.ts';
import { readDocumentFile } from './document-file.ts';

export type CatalogueFile = { readonly catalogue: Catalogue } | { readonly findings: readonly Finding[] };

const CATALOGUE = { what: 'catalogue', exported: 'defineCatalogue({ … })', docs: 'docs/catalogue.md' };

/** Reads a catalogue file in TypeScript, JavaScript, YAML or JSON and checks its form; the linter comes after it. */
export async function readCatalogueFile(path: string): Promise<CatalogueFile> {
  const read = await readDocumentFile(path, CATALOGUE);
  return 'findings' in read ? read : readCatalogue(read.content);
}
