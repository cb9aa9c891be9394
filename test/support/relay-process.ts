// A relay of its own, to be killed in the middle of a call: `relay-process.ts URL HOST PORT KEY`.
import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { testDeps } from './deps.ts';

const [connectionString = '', host = '', port = '', secretKey = ''] = process.argv.slice(2);
const db = openDatabase({ connectionString, poolSize: 3 });
const stripe = connectStripe({ secretKey, host, port: Number(port), protocol: 'http' });
await relayOutbox({ ...testDeps(db), stripe }, { limit: 100 });
await db.destroy();
