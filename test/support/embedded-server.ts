import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';

/**
 * A process of its own that starts the embedded server, says what it got and waits: the tests kill it.
 * Arguments: the directory, and `no-namespaces` for the other way of not being root.
 */
const [directory = '', way] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ directory, namespacesAllowed: way !== 'no-namespaces' });
process.stdout.write(`${JSON.stringify({ url: postgres.connection.connectionString, adopted: postgres.adopted })}\n`);

process.once('SIGTERM', () => {
  void postgres.stop().then(() => process.exit(0));
});
setInterval(() => undefined, 60_000);
