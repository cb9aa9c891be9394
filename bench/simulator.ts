// The simulated Stripe as a process of its own: what it answers costs neither side's process anything.
import { startSimulator } from '../src/simulator/simulator.ts';

const [startsAt = ''] = process.argv.slice(2);

const simulator = await startSimulator();
await simulator.advanceTo(new Date(startsAt));
process.send?.({ port: simulator.port, secretKey: simulator.secretKey, accountId: simulator.accountId });

process.on('message', (asked: { readonly advanceTo: string } | 'stop') => {
  if (asked === 'stop') void simulator.close().then(() => process.disconnect());
  else void simulator.advanceTo(new Date(asked.advanceTo)).then(() => process.send?.({ now: asked.advanceTo }));
});
