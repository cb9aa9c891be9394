import { z } from 'zod';

import { type BooksManifest, EXPORT_FORMAT } from '../domain/whole-books.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `manifest.json` of an export of everything. */
const booksManifest = z.object({
  format: z.literal(EXPORT_FORMAT),
  version: z.int().positive(),
  schema: z.string().min(1).max(200),
  exported_at: z.iso.datetime(),
  deployment: z.object({ account: z.string(), livemode: z.boolean(), sandbox: z.boolean() }).nullable(),
  tables: z.array(z.object({ table: name, rows: z.int().nonnegative(), bytes: z.int().nonnegative(), sha256 })),
  left_out: z.record(name, z.string()),
  withheld: z.record(name, z.array(name)),
  balances: z.array(z.object({ unit: z.string(), account: z.string(), balance: z.string().regex(/^-?\d+$/) })),
  seal_roots: z.array(z.object({ day: z.iso.date(), root: sha256 })),
  breaches: z.array(z.string()),
});

/** The manifest, or in one sentence what is wrong with it. */
export function readManifest(text: string): BooksManifest | { readonly mistake: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { mistake: 'manifest.json is no JSON document' };
  }
  const read = booksManifest.safeParse(document);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return { mistake: `manifest.json: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}` };
}
