// A host whose process dies in the middle of a hook.
import { createBilling } from '../../src/index.ts';

const [, , databaseUrl = '', host = '', port = '', secretKey = ''] = process.argv;
const silent = (): void => undefined;
const billing = createBilling({
  databaseUrl,
  stripe: { secretKey, host, port: Number(port), protocol: 'http' },
  webhookSecrets: [],
  apiKeyPepper: 'p',
  publicUrl: 'http://127.0.0.1',
  log: { info: silent, warn: silent, error: silent },
  hooks: {
    onTopUpComplete: (event) => {
      process.stdout.write(`${event.id}\n`, () => process.kill(process.pid, 'SIGKILL'));
      return new Promise(() => undefined);
    },
  },
});
await billing.jobs.works.find(({ name }) => name === 'hooks')?.turn();
