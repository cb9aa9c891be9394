// A real SMTP server that keeps what it is given.
import type { AddressInfo } from 'node:net';

import { SMTPServer } from 'smtp-server';
import { afterAll } from 'vitest';

export interface PostOffice {
  readonly url: string;
  readonly letters: { readonly to: readonly string[]; readonly text: string }[];
}

/** Listens for the calling test file. */
export async function openPostOffice(): Promise<PostOffice> {
  const letters: PostOffice['letters'] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, { envelope }, answer) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        // As it was written: the wire wraps its lines.
        letters.push({ to: envelope.rcptTo.map(({ address }) => address), text: text.replaceAll(/=\r\n/g, '') });
        answer(null);
      });
    },
  });
  await new Promise<void>((open) => void server.listen(0, '127.0.0.1', open));
  afterAll(() => new Promise<void>((closed) => server.close(closed)));
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, letters };
}
