import type { Config } from '../config.ts';
import type { RunningServer } from '../server.ts';
import type { SignInLink } from './sign-in-links.ts';

/** How a command is typed where this is: as a package of somebody's project, or in our own. */
const COMMAND = import.meta.url.includes('/node_modules/') ? 'npx creditpool' : 'npm run -s creditpool --';

const MODE_LINES = {
  sandbox: 'SANDBOX (no Stripe key found; using the built-in simulator, no real money moves)',
  test: 'STRIPE TEST MODE (no real money moves)',
  live: 'LIVE',
} as const;

export function headline(version: string, config: Config): string {
  return `creditpool ${version}   ${MODE_LINES[config.stripe.mode]}`;
}

/** Where everything is, and one command that shows something. */
export function addressLines(
  config: Config,
  { origin, apiKey, links, stripe }: Pick<RunningServer, 'origin' | 'apiKey' | 'links' | 'stripe'>,
): string[] {
  const sandbox = stripe.simulator === null ? '' : '   SANDBOX';
  const key =
    apiKey === null ? 'make a key: creditpool keys create' : `key ${masked(apiKey)} (in ${config.directory}/env)`;
  return [
    `API     ${origin}/v1   ${key}${sandbox}`,
    `Health  ${origin}/readyz   Docs  ${origin}/docs`,
    ...(links.length === 0 ? [`Console ${config.publicUrl}/admin`] : links.map(linkLine)),
    ...(stripe.simulator === null
      ? []
      : [`Stripe  ${stripe.simulator.url}   SANDBOX, clock: ${COMMAND} sim advance 31d`]),
    ...(apiKey === null ? [] : [`Try:    ${COMMAND} check ext:acme report.generate`]),
  ];
}

function masked(key: string): string {
  return `${key.slice(0, 'cp_test_'.length)}…${key.slice(-4)}`;
}

export function linkLine({ name, roles, url }: SignInLink): string {
  return `Console ${url}   SANDBOX, signs in ${name} (${roles.join(', ')}), once`;
}
