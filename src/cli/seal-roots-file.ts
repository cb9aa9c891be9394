import { readFile } from 'node:fs/promises';

import { exportedRoot } from '../contract/seals.ts';
import type { ExportedRoot } from '../operations/seal-ledger.ts';

/** Reads what `ledger roots --json` wrote, in any order; a mistake is named with its line. */
export async function readRoots(path: string): Promise<readonly ExportedRoot[] | { readonly message: string }> {
  const text = await readText(path);
  if (text === null) return { message: `${path} cannot be read; give a file that ledger roots --json wrote` };
  const roots: ExportedRoot[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    const root = parseRoot(content);
    if (root === null)
      return {
        message: `${path} line ${index + 1} is no seal root: {"day":"2026-04-30","root":"<64 hexadecimal digits>"}`,
      };
    roots.push(root);
  }
  return roots;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

function parseRoot(content: string): ExportedRoot | null {
  try {
    return exportedRoot.safeParse(JSON.parse(content)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
