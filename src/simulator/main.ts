import { parseArgs } from 'node:util';

import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: { port: { type: 'string' }, key: { type: 'string' }, file: { type: 'string' } },
});
const simulator = await startSimulator({
  port: Number(values.port ?? '0'),
  ...(values.key === undefined ? {} : { secretKey: values.key }),
  ...(values.file === undefined ? {} : { file: values.file }),
});
process.stdout.write(`Stripe simulator at ${simulator.url} with key ${simulator.secretKey}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close();
  });
}
