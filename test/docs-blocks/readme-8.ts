// Of README.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import { startSimulator } from 'creditpool/simulator';
import { Stripe } from 'stripe';

const simulator = await startSimulator();
const { host, port, secretKey } = simulator;
const stripe = new Stripe(secretKey, { host, port, protocol: 'http', telemetry: false });
simulator.faults.add({ match: { method: 'POST', path: 'customers', times: 1 }, kind: 'cut_after' });
await simulator.advanceTo(new Date('2030-05-01T02:00:00Z'));
void [simulator, host, port, secretKey, stripe];
export {};
