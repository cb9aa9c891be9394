import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { readCatalogueFile } from '../cli/catalogue-file.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Deps } from '../operations/deps.ts';
import { pushCatalogue } from '../operations/push-catalogue.ts';

/** The sample that ships with the product. */
export const SAMPLE_CATALOGUE = fileURLToPath(new URL('../../credits.config.ts', import.meta.url));

/** Brings the catalogue file to Stripe and the database; where there is no such file, the sample. One line on failure. */
export async function pushCatalogueFile(deps: Deps, path: string): Promise<Catalogue> {
  const file = existsSync(path) ? path : SAMPLE_CATALOGUE;
  const read = await readCatalogueFile(file);
  if ('findings' in read) {
    const [first] = read.findings;
    throw new Error(
      `${file}: ${first === undefined ? 'cannot be read' : `${first.path}: ${first.message} ${first.fix}`} (check it with: creditpool plan validate)`,
    );
  }
  const pushed = await pushCatalogue(deps, read.catalogue);
  if ('rejected' in pushed) {
    throw new Error(`${file}: ${pushed.rejected.message} (look with: creditpool plan validate, creditpool plan diff)`);
  }
  return read.catalogue;
}
