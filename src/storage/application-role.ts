import type pg from 'pg';

import { APPLICATION_ROLE, errorCode } from './database.ts';

/**
 * Makes sure that the role of the application's sessions exists and that the connected user may take it on. Roles
 * belong to the whole server, so another database may be creating it at the same moment: then the second try finds it.
 */
export async function ensureApplicationRole(client: pg.Client): Promise<void> {
  const user = await currentUser(client);
  const byHand = `have an administrator run: create role ${APPLICATION_ROLE} nologin; grant ${APPLICATION_ROLE} to "${user}";`;
  try {
    if (!(await roleExists(client))) await ignoreRace(client.query(`create role ${APPLICATION_ROLE} nologin`));
    if (!(await mayTakeRole(client))) await ignoreRace(client.query(`grant ${APPLICATION_ROLE} to current_user`));
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new Error(`the database user "${user}" may not create or grant the role ${APPLICATION_ROLE}; ${byHand}`, {
      cause: error,
    });
  }
}

/** Duplicate role, the unique index behind it, "tuple concurrently updated". */
const LOST_RACE = ['42710', '23505', 'XX000'];

async function ignoreRace(statement: Promise<unknown>): Promise<void> {
  try {
    await statement;
  } catch (error) {
    if (!LOST_RACE.includes(errorCode(error) ?? '')) throw error;
  }
}

async function currentUser(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ user: string }>('select current_user::text as "user"');
  return rows[0]?.user ?? '';
}

async function roleExists(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [APPLICATION_ROLE]);
  return rowCount === 1;
}

async function mayTakeRole(client: pg.Client): Promise<boolean> {
  // Since PostgreSQL 16 the creator of a role is its member without the right to become it.
  const { rows } = await client.query<{ allowed: boolean }>(
    `select pg_has_role(current_user, $1,
       case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) as allowed`,
    [APPLICATION_ROLE],
  );
  return rows[0]?.allowed === true;
}
