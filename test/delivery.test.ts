import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import nock from 'nock';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createMail } from '../src/delivery/mail.ts';
import { createPost } from '../src/delivery/post.ts';
import { isPublicAddress, refusedUrl } from '../src/delivery/public-address.ts';
import { createSeal, newSecret } from '../src/delivery/secrets.ts';

const LIVE = { isSandbox: false };

describe('outside of a sandbox a webhook goes to public https addresses only', () => {
  test.for([
    'http://example.com/',
    'https://example.com:8443/',
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://example.com/#part',
    'ftp://example.com/',
    'file:///etc/passwd',
    'no url',
    'https://localhost/',
    'https://localhost./',
    'https://intranet/',
    'https://printer.local/',
    'https://vault.internal/',
    'https://router.home.arpa/',
    'https://a.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.0.2.1/',
    'https://192.88.99.1/',
    'https://192.168.1.1/',
    'https://198.18.0.1/',
    'https://198.51.100.7/',
    'https://203.0.113.9/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:db8::1]/',
    'https://[2001::1]/',
    'https://[fc00::1]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
  ])('%s is refused', (url) => {
    expect(refusedUrl(url, LIVE)).toMatch(/.\.$/);
  });

  test.for(['https://example.com/hooks?a=b', 'https://93.184.215.14/', 'https://[2606:2800:21f::1]/'])(
    '%s is taken',
    (url) => expect(refusedUrl(url, LIVE)).toBeNull(),
  );

  test('a text that is no address is not public', () => {
    expect(['example.com', '', '1.2.3'].map(isPublicAddress)).toEqual([false, false, false]);
  });
});

const delivery = { secrets: [newSecret()], id: 'alert_1', at: new Date('2026-04-10T09:00:00Z'), body: '{}' };

async function listening(answer: Parameters<typeof createServer>[1]) {
  const server = createServer(answer ?? (() => undefined));
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a delivery', () => {
  // Nobody of that name is ever reached: the resolver is ours and says where it leads.
  nock.enableNetConnect(/^(127\.0\.0\.1|rebound\.example\.com)/);
  afterAll(() => nock.enableNetConnect(/^127\.0\.0\.1/));

  test('looks at every address that a name leads to, at the moment of the connect', async () => {
    const answers = [
      [
        { address: '93.184.215.14', family: 4 },
        { address: '10.0.0.7', family: 4 },
      ],
      [{ address: '::ffff:10.0.0.7', family: 6 }],
    ];
    for (const addresses of answers) {
      const resolver = ((_host: string, _options: object, done: (error: null, found: object) => void) =>
        done(null, addresses)) as never;
      const post = createPost({ ...LIVE, resolver });
      expect(await post({ ...delivery, url: 'https://rebound.example.com/' })).toEqual({
        status: null,
        body: '',
        failure: expect.stringMatching(
          /^rebound\.example\.com leads to .*10\.0\.0\.7, which is not public$/,
        ) as unknown,
      });
    }
  });

  test('follows no redirect', async () => {
    let asked = 0;
    using server = await listening((_request, response) => {
      asked += 1;
      response.writeHead(307, { location: '/again' }).end('elsewhere');
    });
    const post = createPost({ isSandbox: true });
    expect(await post({ ...delivery, url: server.url })).toEqual({
      status: 307,
      body: 'elsewhere',
      failure: 'answered 307, and no redirect is followed',
    });
    expect(asked).toBe(1);
  });

  test('reads no more than 64 kB and keeps the beginning', async () => {
    using server = await listening((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.writable && response.write('x'.repeat(16_384)));
        response.once('drain', more);
      };
      more();
    });
    const answer = await createPost({ isSandbox: true })({ ...delivery, url: server.url });
    expect(answer).toMatchObject({ status: 200, failure: null });
    expect(answer.body).toHaveLength(2_000);
  });

  test('waits no longer than its time', async () => {
    using server = await listening(() => undefined);
    const post = createPost({ isSandbox: true, timeoutMs: 200 });
    expect(await post({ ...delivery, url: server.url })).toMatchObject({ failure: 'no answer within 0.2 s' });
  });

  test('says why nobody answered', async () => {
    const answer = await createPost({ isSandbox: true })({ ...delivery, url: 'http://127.0.0.1:9/' });
    expect(answer).toMatchObject({ status: null, failure: expect.stringContaining('ECONNREFUSED') as unknown });
  });
});

describe('a secret', () => {
  test('is sealed so that only the same pepper opens it', () => {
    const secret = newSecret();
    const sealed = createSeal('one pepper').seal(secret);
    expect(sealed.includes(Buffer.from(secret))).toBe(false);
    expect(createSeal('one pepper').open(sealed)).toBe(secret);
    expect(() => createSeal('another').open(sealed)).toThrow();
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => createSeal('one pepper').open(sealed)).toThrow();
  });

  test('has 32 random bytes', () => {
    expect(Buffer.from(newSecret().replace('whsec_', ''), 'base64')).toHaveLength(32);
  });
});

describe('mail through a real SMTP server', () => {
  const received: { readonly from: string; readonly to: readonly string[]; readonly text: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, answer) => {
      const isKnown = username === 'creditpool' && password === 'p@ss';
      answer(isKnown ? null : new Error('535 who are you'), isKnown ? { user: username } : undefined);
    },
    onRcptTo: ({ address }, _session, answer) =>
      answer(address.startsWith('nobody@') ? new Error('no such box') : null),
    onData: (stream, { envelope }, answer) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), text });
        answer(null);
      });
    },
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((open) => void server.listen(0, '127.0.0.1', open));
    port = (server.server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise<void>((closed) => server.close(closed)));
  const mail = (password = 'p%40ss') =>
    createMail({ smtpUrl: `smtp://creditpool:${password}@127.0.0.1:${port}`, from: 'us@example.com', folder: null });
  const letter = {
    id: 'one',
    to: 'jane@acme.example',
    subject: '[SANDBOX] 75 % used – 75 of 100',
    text: 'Buy.\nSoon.',
  };

  test('arrives with its sender, its subject and an id that is the same in every try', async () => {
    await mail()?.(letter);
    expect(received).toMatchObject([{ from: 'us@example.com', to: ['jane@acme.example'] }]);
    const { text = '' } = received[0] ?? {};
    expect(text).toContain('Message-ID: <one@creditpool>');
    expect(text).toMatch(/^Subject: =\?UTF-8\?Q\?/m);
    expect(text.trimEnd().endsWith('Buy.\r\nSoon.')).toBe(true);
  });

  test('that is not taken fails, so that it is tried again: a wrong password, an unknown box, no server', async () => {
    await expect(mail('wrong')?.(letter)).rejects.toThrow('535');
    await expect(mail()?.({ ...letter, to: 'nobody@acme.example' })).rejects.toThrow('no such box');
    const nowhere = createMail({ smtpUrl: 'smtp://127.0.0.1:9', from: 'us@example.com', folder: null });
    await expect(nowhere?.(letter)).rejects.toThrow('ECONNREFUSED');
    expect(received).toHaveLength(1);
  });
});

test('a sandbox keeps its mail in a folder, and without a server there is none', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'mail-')), 'mail');
  const send = createMail({ smtpUrl: undefined, from: 'us@example.com', folder });
  await send?.({ id: 'one', to: 'jane@acme.example', subject: 'Low', text: 'Buy.' });
  expect(await readdir(folder)).toEqual(['one.txt']);
  expect(await readFile(join(folder, 'one.txt'), 'utf8')).toBe(
    'From: us@example.com\nTo: jane@acme.example\nSubject: Low\n\nBuy.\n',
  );
  expect(createMail({ smtpUrl: undefined, from: 'us@example.com', folder: null })).toBeNull();
});
