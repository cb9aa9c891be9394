import type { DatabaseRights } from '../domain/checkup.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

/** The books: written once, never changed. */
const APPEND_ONLY = ['journal_entries', 'postings'];
const REWRITES = ['UPDATE', 'DELETE', 'TRUNCATE'];
const NEEDED = ['SELECT', 'INSERT'];

/** What the role of this session may do to the books. */
export async function readDatabaseRights(db: Database): Promise<DatabaseRights> {
  const [who] = await query<{ user: string; role: string; isSuperuser: boolean }>(
    db,
    `select session_user::text as user, current_user::text as role,
       (select rolsuper from pg_roles where rolname = session_user) as "isSuperuser"`,
  );
  if (who === undefined) throw new Error('the database does not say who we are');
  const rows = await query<{ name: string; right: string; has: boolean }>(
    db,
    `select t as name, r as right, has_table_privilege(t, r) as has
     from unnest($1::text[]) as t cross join unnest($2::text[]) as r`,
    [APPEND_ONLY, [...REWRITES, ...NEEDED]],
  );
  const named = (has: boolean, rights: readonly string[]): readonly string[] =>
    rows
      .filter((row) => row.has === has && rights.includes(row.right))
      .map(({ name, right }) => `${right.toLowerCase()} on ${name}`);
  return { ...who, tooMuch: named(true, REWRITES), tooLittle: named(false, NEEDED) };
}
