#!/usr/bin/env node
// Typed by its path this may be started by an old system Node: say so before anything newer is loaded.
const OLDEST_NODE = 22;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(
    `creditpool needs Node.js ${OLDEST_NODE} or newer and was started by ${process.version}; use: npx creditpool\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommand } = await import('./run-command.ts');
  await runCommand(process.argv);
}
