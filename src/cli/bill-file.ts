import { readFileSync } from 'node:fs';

import { type ReadBill, readBillText } from '../contract/provider-bill-file.ts';

export type { ReadBill } from '../contract/provider-bill-file.ts';

/** Reads a bill's file by the mapping of its columns. */
export function readBill(
  file: string,
  options: { readonly map?: string; readonly currency?: string },
): ReadBill | { readonly unusable: string } {
  try {
    return readBillText({ name: file, text: readFileSync(file, 'utf8') }, options);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { unusable: `${file} cannot be read (${String(error.code)})` };
  }
}
