// Catalogues of the templates that ship, read from their own files.
import { readCatalogueFile } from '../../src/cli/catalogue-file.ts';
import { templatePath, type TemplateName } from '../../src/cli/init.ts';
import type { Catalogue } from '../../src/domain/catalogue.ts';

export async function templateCatalogue(name: TemplateName): Promise<Catalogue> {
  const read = await readCatalogueFile(templatePath(name));
  if ('findings' in read) throw new Error(JSON.stringify(read.findings));
  return read.catalogue;
}
