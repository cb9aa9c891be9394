import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

test.for(['18.20.8', '20.19.5', '22.19.0'])('Node %s is told to be too old, and what to type', (node) => {
  const asIf = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${node}'}})`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', asIf, main, '--version'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('creditpool needs Node.js 22.20 or newer');
  expect(stderr).toContain('npx creditpool');
});
