import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HttpServer {
  readonly origin: string;
  readonly port: number;
  /** Until then every request is answered "starting". */
  readonly serve: (listener: RequestListener) => void;
  /** Finishes what is in flight, for a moment. */
  readonly stop: (withinMs: number) => Promise<void>;
}

/** Takes the port first, so that a taken one is found before anything else is started. */
export async function openHttpServer({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<HttpServer> {
  let current: RequestListener = starting;
  const server = createServer((request, response) => {
    current(request, response);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxHeadersCount = 100;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const shownHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    origin: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${address.port}`,
    port: address.port,
    serve: (listener) => {
      current = listener;
    },
    stop: async (withinMs) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await Promise.race([closed, sleep(withinMs, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end('{"status":"not_ready","because":"starting"}');
};

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenFailure(error, host, port);
  }
}

function listenFailure(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} is taken; stop what uses it, or use another: PORT=${port + 1}`, { cause: error });
  }
  if (code === 'EACCES')
    return new Error(`port ${port} may not be used; take one above 1023: PORT=4000`, { cause: error });
  if (code === 'EADDRNOTAVAIL') {
    return new Error(`${host} is no address of this machine; set HOST=127.0.0.1`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
