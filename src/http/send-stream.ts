import { once } from 'node:events';

import type { Response } from 'express';

import type { FileStream } from './route.ts';

/**
 * Sends a file while it is made, no faster than the client takes it. Should it break in the middle, the connection is cut, so
 * that nobody takes a part for the whole.
 */
export async function sendStream(response: Response, { type, name, send }: FileStream): Promise<void> {
  response.attachment(name).set('content-type', type);
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  await send(async (piece) => {
    gone.signal.throwIfAborted();
    if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal });
  });
  response.end();
}
