// Writes docs/reference/ and docs/llms.txt from the code, and the TypeScript of the docs as modules that are type-checked:
// `npm run docs:reference`. A test compares what is committed.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

import { typedBlocks } from './docs-blocks/typescript.ts';
import { REFERENCE } from './reference/files.ts';

for (const [name, text] of REFERENCE) writeFileSync(new URL(`../docs/${name}`, import.meta.url), text());
console.log(`${REFERENCE.size} files written below docs/`);

const folder = new URL('../test/docs-blocks/', import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const blocks = typedBlocks();
for (const [name, text] of blocks) writeFileSync(new URL(name, folder), text);
console.log(`${blocks.size} files written to test/docs-blocks/`);
