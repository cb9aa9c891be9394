import { spawnSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { createLog } from '../src/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog({ level: 'info', to: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

test('a secret is hidden by the name of its field', () => {
  const text = logged((log) =>
    log.info({
      req: { headers: { authorization: 'Bearer abc', cookie: 'sid=abc' } },
      password: 'abc',
      config: { secretKey: 'abc' },
    }),
  );
  expect(text).toContain('[hidden]');
  expect(text).not.toContain('abc');
});

test.for([
  'sk_test_51Habcdef',
  'sk_live_51Habcdef',
  'rk_live_51Habcdef',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'cp_test_abcdefgh',
  'cp_live_abcdefgh-_',
])('%s is hidden wherever it turns up', (secret) => {
  const text = logged((log) =>
    log.error({ err: new Error(`refused ${secret}, sorry`), note: secret }, `key ${secret}`),
  );
  expect(text).not.toContain(secret);
  expect(text).not.toContain(secret.slice(9));
  expect(text).toContain(secret.slice(0, 3));
});

test('the password of a database address is hidden, its host is not', () => {
  const text = logged((log) => log.warn('cannot reach postgresql://books:hunter2@db.example.com/credits'));
  expect(text).toContain('postgresql://books:[hidden]@db.example.com/credits');
});

test('words that only look a little like a secret stay', () => {
  expect(logged((log) => log.info('task_runner and risk_score, disk_full'))).toContain(
    'task_runner and risk_score, disk_full',
  );
});

test('a command that prints data keeps its log off standard output', () => {
  const script = `import { createLog } from './src/log.ts'; createLog({ level: 'info', to: 'stderr' }).info('noted'); console.log('data');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('data\n');
  expect(JSON.parse(stderr)).toMatchObject({ level: 'info', msg: 'noted' });
});
