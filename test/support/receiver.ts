// A webhook receiver as a customer's engineer writes it: it believes nothing that the library does not verify.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook } from 'standardwebhooks';
import { afterAll } from 'vitest';

import type { Wire } from './api.ts';

export interface Receiver {
  readonly url: string;
  /** What came before there was a secret to verify it with: the challenge. */
  readonly secrets: string[];
  readonly received: { readonly id: string; readonly type: string; readonly object: Wire }[];
  /** What it does with a delivery that it has verified; takes it by default. */
  answer: (response: ServerResponse) => void;
}

/** Listens for the calling test file. */
export async function openReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    secrets: [],
    received: [],
    answer: (response) => response.writeHead(204).end(),
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      if (receiver.secrets.length > 0) {
        for (const secret of receiver.secrets) new Webhook(secret).verify(body, headers);
        const { type, data } = JSON.parse(body) as { readonly type: string; readonly data: { readonly object: Wire } };
        receiver.received.push({ id: headers['webhook-id'] ?? '', type, object: data.object });
      }
      receiver.answer(response);
    });
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` });
}
