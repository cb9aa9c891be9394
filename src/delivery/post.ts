// One signed request to somebody else's server. The name is resolved inside the connect and every address is looked at,
// so that no answer of a name server leads into our own network; nothing is followed, and little is read.
import { lookup as resolve } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { Webhook } from 'standardwebhooks';

import { isPublicAddress, refusedUrl } from './public-address.ts';

export interface Delivery {
  readonly url: string;
  /** Signed with each: two while a secret is being rotated. */
  readonly secrets: readonly string[];
  /** The same for every try, so that receivers can drop doubles. */
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

export interface Delivered {
  readonly status: number | null;
  /** Beginning of what the receiver answered. */
  readonly body: string;
  /** null: taken with a 2xx. */
  readonly failure: string | null;
}

export type Post = (delivery: Delivery) => Promise<Delivered>;

export interface PostSettings {
  readonly isSandbox: boolean;
  readonly timeoutMs?: number;
  /** How names are resolved; PostgreSQL's tests and ours give their own. */
  readonly resolver?: typeof resolve;
}

const READ_BYTES_MAX = 64 * 1024;
const KEPT_CHARACTERS = 2_000;
const TIMEOUT_MS = 15_000;

/** Sends deliveries; every failure is an answer, none is thrown. */
export function createPost({ isSandbox, timeoutMs = TIMEOUT_MS, resolver = resolve }: PostSettings): Post {
  const lookup: LookupFunction = (host, options, done) => {
    resolver(host, { ...options, all: true }, (error, addresses) => {
      const forbidden = isSandbox ? undefined : addresses?.find(({ address }) => !isPublicAddress(address));
      if (error !== null) done(error, '');
      else if (forbidden !== undefined)
        done(new Error(`${host} leads to ${forbidden.address}, which is not public`), '');
      else if (options.all === true) done(null, addresses);
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
    });
  };
  return async (delivery) => {
    const refused = refusedUrl(delivery.url, { isSandbox });
    if (refused !== null) return { status: null, body: '', failure: refused };
    try {
      return await send(delivery, { lookup, timeoutMs });
    } catch (error) {
      return { status: null, body: '', failure: error instanceof Error ? error.message : String(error) };
    }
  };
}

function send(
  delivery: Delivery,
  { lookup, timeoutMs }: { lookup: LookupFunction; timeoutMs: number },
): Promise<Delivered> {
  const url = new URL(delivery.url);
  const signal = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions = {
    method: 'POST',
    // No shared agent: a kept connection would skip the look at the address.
    agent: false,
    lookup,
    signal,
    ...(isIP(url.hostname) === 0 && { servername: url.hostname }),
    headers: headersOf(delivery),
  };
  return new Promise((resolvePromise, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let read = 0;
      const finish = (): void => {
        const body = Buffer.concat(chunks).toString('utf8').replaceAll('\0', '').slice(0, KEPT_CHARACTERS);
        resolvePromise({ status, body, failure: failureOf(status) });
      };
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read <= READ_BYTES_MAX) chunks.push(chunk);
        else {
          finish();
          request.destroy();
        }
      });
      response.on('end', finish);
      response.on('error', reject);
    });
    request.on('error', (error) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
    );
    request.end(delivery.body);
  });
}

function failureOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `answered ${status}, and no redirect is followed` : `answered ${status}`;
}

function headersOf({ secrets, id, at, body }: Delivery): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Creditpool',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
