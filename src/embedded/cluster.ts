import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Binaries } from './binaries.ts';
import { isLivingProcess } from './pid-file.ts';
import { SERVER_ENVIRONMENT } from './run-user.ts';
import type { RunUser } from './run-user.ts';

export const SUPERUSER = 'creditpool';

/** The files of one embedded server. */
export type Cluster = {
  readonly directory: string;
  readonly dataFolder: string;
  readonly password: string;
  readonly version: string;
};

const UNFINISHED = 'data.unfinished-';

/** Opens the cluster in a directory, creating it the first time. Two processes may do so at once. */
export async function openCluster(directory: string, binaries: Binaries, user: RunUser): Promise<Cluster> {
  const home = writableDirectory(directory);
  const dataFolder = join(home, 'data');
  const password = readPassword(home, user);
  if (!existsSync(join(dataFolder, 'PG_VERSION'))) await createCluster(home, binaries, user);
  const version = installedVersion(binaries);
  const madeBy = readFileSync(join(dataFolder, 'PG_VERSION'), 'utf8').trim();
  if (madeBy !== version.split('.')[0]) {
    throw new Error(
      `${dataFolder} was made by PostgreSQL ${madeBy} and this release brings ${version}; set CREDITPOOL_DIR to an empty folder, or DATABASE_URL to your own server`,
    );
  }
  return { directory: home, dataFolder, password, version };
}

function installedVersion(binaries: Binaries): string {
  const answer = execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8', env: SERVER_ENVIRONMENT });
  return answer.trim().split(' ').at(-1) ?? '';
}

function writableDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true });
    const probe = join(directory, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return realpathSync(directory);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(
      `cannot keep the embedded database in ${directory} (${cause}); set CREDITPOOL_DIR to a folder you may write, or DATABASE_URL to your own server`,
      { cause: error },
    );
  }
}

function readPassword(home: string, user: RunUser): string {
  const path = join(home, 'password');
  if (!existsSync(path)) {
    // Written whole and then named, so that two first starts agree on one password.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 });
    user.own(draft);
    try {
      linkSync(draft, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(draft);
    }
  }
  return readFileSync(path, 'utf8').trim();
}

/** Built beside its final name and then renamed: a first start that is killed half-way leaves nothing that counts. */
async function createCluster(home: string, binaries: Binaries, user: RunUser): Promise<void> {
  removeUnfinished(home);
  const draft = join(home, `${UNFINISHED}${process.pid}`);
  mkdirSync(draft, { mode: 0o700 });
  chmodSync(draft, 0o700);
  user.own(draft);
  await runInitdb(draft, home, binaries, user);
  try {
    renameSync(draft, join(home, 'data'));
  } catch (error) {
    if (!existsSync(join(home, 'data', 'PG_VERSION'))) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
}

function removeUnfinished(home: string): void {
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(UNFINISHED))) {
    const pid = Number(name.slice(UNFINISHED.length));
    if (pid !== process.pid && isLivingProcess(pid)) continue;
    rmSync(join(home, name), { recursive: true, force: true });
  }
}

async function runInitdb(dataFolder: string, home: string, binaries: Binaries, user: RunUser): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = ['-U', SUPERUSER, `--pwfile=${join(home, 'password')}`, '--auth=scram-sha-256'];
  const [command, ...words] = [...user.prefix, binaries.initdb];
  const child = spawn(command, [...words, '-D', dataFolder, ...access, ...locale, '--no-instructions'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: SERVER_ENVIRONMENT,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  if ((await promise) === 0) return;
  rmSync(dataFolder, { recursive: true, force: true });
  throw new Error(initdbFailure(home, complaint.trim().replaceAll(/\s*\n\s*/g, ' | '), user));
}

function initdbFailure(home: string, complaint: string, user: RunUser): string {
  if (user.prefix.includes('nobody')) {
    return `the embedded database runs as "nobody" here and cannot reach ${home} or its own programs (${complaint}); move the project and CREDITPOOL_DIR out of private folders, or set DATABASE_URL to your own server`;
  }
  return `cannot create the embedded database in ${home} (${complaint}); set CREDITPOOL_DIR to another folder, or DATABASE_URL to your own server`;
}
