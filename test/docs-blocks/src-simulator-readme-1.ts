// Of src/simulator/README.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import { startSimulator } from 'creditpool/simulator';
import { Stripe } from 'stripe';

const simulator = await startSimulator({ file: 'stripe.jsonl' });
const { host, port, secretKey } = simulator;
const stripe = new Stripe(secretKey, { host, port, protocol: 'http', telemetry: false });
void [simulator, host, port, secretKey, stripe];
export {};
