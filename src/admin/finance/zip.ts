import { strToU8, zipSync } from 'fflate';

/** One archive of text files; the same files give the same bytes, so its date says nothing. */
export function zipped(files: readonly { readonly name: string; readonly text: string }[]): Buffer {
  const entries = Object.fromEntries(files.map(({ name, text }) => [name, strToU8(text)]));
  return Buffer.from(zipSync(entries, { mtime: '1980-01-01T12:00:00' }));
}
