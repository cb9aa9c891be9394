// Writes docs/reference/ and docs/llms.txt from the code: `npm run docs:reference`. A test compares what is committed.
import { writeFileSync } from 'node:fs';

import { REFERENCE } from './reference/files.ts';

for (const [name, text] of REFERENCE) writeFileSync(new URL(`../docs/${name}`, import.meta.url), text());
console.log(`${REFERENCE.size} files written below docs/`);
