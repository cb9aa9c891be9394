// Which addresses a webhook may go to: what the registries call public unicast, and nothing of our own network.
import { BlockList, isIP, isIPv6 } from 'node:net';

const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
}
// Within global unicast: transition mechanisms that lead elsewhere, documentation, benchmarks.
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv6');
}
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is public unicast; anything that is no IP address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (!isIPv6(address)) return !NOT_PUBLIC.check(address, 'ipv4');
  return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}

/** Why a webhook may not be registered for this address, as a sentence; null when it may, as far as the text tells. */
export function refusedUrl(text: string, { isSandbox }: { readonly isSandbox: boolean }): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'That is no URL.';
  if (url.username !== '' || url.password !== '') return 'A URL must not carry a name or a password.';
  if (url.hash !== '') return 'A URL must not have a fragment.';
  if (isSandbox)
    return url.protocol === 'https:' || url.protocol === 'http:' ? null : 'Only http and https are spoken.';
  if (url.protocol !== 'https:') return 'Only https is spoken outside of a sandbox.';
  if (url.port !== '') return 'Only port 443 is allowed.';
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) return `${host} is no public address.`;
  if (isIP(host) === 0 && (!host.includes('.') || /\.(?:localhost|local|internal|home\.arpa)$/.test(host))) {
    return `${host} is no public name.`;
  }
  return null;
}
