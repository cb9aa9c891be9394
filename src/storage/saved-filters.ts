// Filters of a list that a person gave a name.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface SavedFilter {
  readonly savedFilterId: string;
  readonly name: string;
  /** As the address has it, without the question mark. */
  readonly query: string;
}

export async function listSavedFilters(
  on: Database | Transaction,
  { subject, page }: { readonly subject: string; readonly page: string },
): Promise<readonly SavedFilter[]> {
  return query<SavedFilter>(
    on,
    `select saved_filter_id as "savedFilterId", name, query from saved_filters where subject = $1 and page = $2
     order by lower(name)`,
    [subject, page],
  );
}

/** Under a name that is taken already, the newer one stands. */
export async function saveFilter(
  on: Database | Transaction,
  filter: SavedFilter & { readonly subject: string; readonly page: string; readonly savedAt: Date },
): Promise<void> {
  await execute(
    on,
    `insert into saved_filters (saved_filter_id, subject, page, name, query, saved_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (subject, page, name) do update set query = excluded.query, saved_at = excluded.saved_at`,
    [filter.savedFilterId, filter.subject, filter.page, filter.name, filter.query, filter.savedAt],
  );
}

/** One's own only; false when there is none. */
export async function deleteFilter(
  on: Database | Transaction,
  { subject, savedFilterId }: { readonly subject: string; readonly savedFilterId: string },
): Promise<boolean> {
  const rows = await execute(on, `delete from saved_filters where subject = $1 and saved_filter_id = $2`, [
    subject,
    savedFilterId,
  ]);
  return rows === 1;
}
