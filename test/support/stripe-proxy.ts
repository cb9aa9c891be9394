// A bad line between us and the simulator: it breaks answers off in the middle, or keeps them until somebody dies.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll } from 'vitest';

/** truncated: half of the answer's body, then nothing. kept: Stripe has done it, the answer stays here. unsent: it stays here. */
export type LineFault = 'truncated' | 'kept' | 'unsent';

export interface BadLine {
  readonly host: string;
  readonly port: number;
  /** For the next so many POSTs to a path. */
  readonly spoil: (path: RegExp, fault: LineFault, times?: number) => void;
  /** Resolves once the next kept or unsent request has got so far. */
  readonly stuck: () => Promise<void>;
}

export async function openBadLine(simulator: { readonly host: string; readonly port: number }): Promise<BadLine> {
  let spoiled: { path: RegExp; fault: LineFault; left: number } | null = null;
  let caught = Promise.withResolvers<void>();
  const faultOf = ({ method, url = '' }: IncomingMessage): LineFault | null => {
    if (spoiled === null || spoiled.left === 0 || method !== 'POST' || !spoiled.path.test(url)) return null;
    spoiled.left -= 1;
    return spoiled.fault;
  };
  const answer = (fault: LineFault | null, body: Buffer, from: IncomingMessage, to: ServerResponse): void => {
    if (fault === 'kept') {
      caught.resolve();
      return;
    }
    to.writeHead(from.statusCode ?? 500, { ...from.headers, 'content-length': body.length, connection: 'close' });
    if (fault === null) to.end(body);
    else to.write(body.subarray(0, Math.floor(body.length / 2)), () => to.destroy());
  };
  const server = createServer((request, response) => {
    const fault = faultOf(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (fault === 'unsent') {
        caught.resolve();
        return;
      }
      const { method, url, headers } = request;
      const forwarded = httpRequest({ ...simulator, method, path: url, headers }, (from) => {
        const parts: Buffer[] = [];
        from.on('data', (part: Buffer) => parts.push(part));
        from.on('end', () => answer(fault, Buffer.concat(parts), from, response));
      });
      forwarded.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    spoil: (path, fault, times = 1) => {
      spoiled = { path, fault, left: times };
      caught = Promise.withResolvers<void>();
    },
    stuck: async () => caught.promise,
  };
}
