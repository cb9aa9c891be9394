import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { userInfo } from 'node:os';

/** PostgreSQL refuses to run as root; this is who it runs as, and how it dies with us. */
export type RunUser = {
  /** Words to put before a command so that it runs as this user. */
  readonly prefix: readonly string[];
  /** Words that make the command receive SIGINT when our process dies, however it dies. */
  readonly diesWithUs: readonly string[];
  /** Gives a file or folder to this user. */
  readonly own: (path: string) => void;
};

const NAMESPACE = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
const NOBODY = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'INT'];

/** Everything the programs need from the environment; ours may hold secrets, and `PG…` variables would steer them. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv | undefined =
  process.platform === 'win32' ? undefined : { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

/**
 * An ordinary user needs nothing. Root (or a user without a name, which PostgreSQL refuses too) is mapped in a user
 * namespace: files stay ours, also below a private home. Where namespaces are forbidden, `nobody` owns the files.
 * Both `exec`, so that the server is our own child; `su` and `runuser` would not.
 */
export function chooseRunUser(namespacesAllowed = true): RunUser {
  const diesWithUs = runs([...DIES_WITH_US, 'true']) ? DIES_WITH_US : [];
  const keep = (): void => undefined;
  if (process.platform !== 'linux' || (process.getuid?.() !== 0 && hasName())) {
    return { prefix: [], diesWithUs, own: keep };
  }
  if (namespacesAllowed && runs([...NAMESPACE, 'true'])) return { prefix: NAMESPACE, diesWithUs, own: keep };
  if (runs([...NOBODY, 'true'])) {
    const [uid, gid] = [idOf('-u'), idOf('-g')];
    return { prefix: NOBODY, diesWithUs, own: (path) => chownSync(path, uid, gid) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and neither user namespaces nor setpriv work here; start as an ordinary user, or set DATABASE_URL to a PostgreSQL server',
  );
}

function runs([command, ...words]: readonly string[]): boolean {
  if (command === undefined || process.platform !== 'linux') return false;
  return spawnSync(command, words, { stdio: 'ignore', env: SERVER_ENVIRONMENT }).status === 0;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8', env: SERVER_ENVIRONMENT }));
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    // Node's only way to say that the user id has no line in the password file.
    return false;
  }
}
