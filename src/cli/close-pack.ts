import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { packFiles } from '../contract/close-pack.ts';
import { journalFiles } from '../contract/journal-csv.ts';
import type { Refused } from '../domain/rejection.ts';
import { makeClosePack } from '../operations/close/make-close-pack.ts';
import type { Deps } from '../operations/deps.ts';
import type { Acting } from '../operations/operators/acting.ts';

/** Writes the pack of a month into a folder. */
export async function writeClosePack(
  deps: Deps,
  acting: Acting,
  { month, folder }: { readonly month: string; readonly folder: string },
): Promise<{ readonly paths: readonly string[] } | Refused> {
  const pack = await makeClosePack(deps, acting, { month, renderJournals: journalFiles, renderPack: packFiles });
  if ('rejected' in pack) return pack;
  await mkdir(folder, { recursive: true });
  for (const { name, text } of pack.files) await writeFile(join(folder, name), text);
  return { paths: pack.files.map(({ name }) => join(folder, name)) };
}
