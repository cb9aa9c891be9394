// cp_portal_<what it says><signature>: a host's server makes one for a page of one customer; nothing is stored, and it
// ends by itself. Whoever has it may look at that customer, and buy for him if it says so.
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface PortalPass {
  readonly customerId: string;
  readonly mayBuy: boolean;
  readonly expiresAt: Date;
}

interface Signing {
  readonly pepper: string;
  readonly livemode: boolean;
}

const SHAPE = /^cp_portal_(?<said>[\w-]{20,200})\.(?<signature>[\w-]{43})$/;

export function formatPortalToken({ customerId, mayBuy, expiresAt }: PortalPass, signing: Signing): string {
  const words = [customerId, String(Math.floor(expiresAt.getTime() / 1000)), mayBuy ? 'buy' : 'read'];
  const said = Buffer.from(words.join(' ')).toString('base64url');
  return `cp_portal_${said}.${signatureOf(said, signing).toString('base64url')}`;
}

/** What a token says; null when it was never one of ours, or is of the other mode. It may have ended. */
export function parsePortalToken(text: string, signing: Signing): PortalPass | null {
  const { said = '', signature = '' } = SHAPE.exec(text)?.groups ?? {};
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(said, signing);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [customerId = '', seconds = '', may] = Buffer.from(said, 'base64url').toString().split(' ');
  return { customerId, mayBuy: may === 'buy', expiresAt: new Date(Number(seconds) * 1000) };
}

/** Under a key of its own, so that no other signature of this deployment is a token. */
function signatureOf(said: string, { pepper, livemode }: Signing): Buffer {
  return createHmac('sha256', `portal ${livemode ? 'live' : 'test'} ${pepper}`)
    .update(said)
    .digest();
}
