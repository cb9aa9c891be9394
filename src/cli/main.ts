#!/usr/bin/env node
// Typed by its path this may be started by an old system Node: say so before anything newer is loaded.
const OLDEST_NODE = [22, 20] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `creditpool needs Node.js ${OLDEST_NODE.join('.')} or newer and was started by ${process.version}; use: npx creditpool\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommand } = await import('./run-command.ts');
  await runCommand(process.argv);
}
