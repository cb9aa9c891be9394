// Before the tests: a browser for the console's. As root on Debian it is installed, elsewhere one sentence says what to do.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { CHROMIUM_MISSING, findChromium } from '../test/support/chromium.ts';

const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

function apt(...words: readonly string[]): boolean {
  const command = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...words];
  return spawnSync('env', command, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

if (findChromium() === null && mayInstall) {
  console.error('Installing Chromium for the browser tests …');
  const packages = ['chromium', 'fonts-dejavu-core'];
  if (apt('update')) apt('install', '-y', '--no-install-recommends', ...packages);
}
if (findChromium() === null) {
  console.error(CHROMIUM_MISSING);
  process.exitCode = 1;
}
