import { readLocalSecrets } from '../sandbox/local-secrets.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';

/** Asks the running simulator something; undefined when it does not answer or refuses, which is said. */
export type Ask = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>;

/** Where the simulator of this directory's sandbox was last reached. */
export function simulatorOfSandbox(context: CliContext): string | undefined {
  return readLocalSecrets(context.config.directory).values['STRIPE_SIMULATOR_URL'];
}

/** The simulator at an address, or that of the sandbox. */
export function askerOf(context: CliContext, given: () => string | undefined): Ask {
  return async (method, path, body) => askSimulator(context, given(), method, path, body);
}

async function askSimulator(
  context: CliContext,
  given: string | undefined,
  method: string,
  path: string,
  body: object | undefined,
): Promise<unknown> {
  const url = given ?? simulatorOfSandbox(context);
  if (url === undefined) {
    context.say('No simulator is known here; start one with: creditpool sim start, or name it with --url');
    process.exitCode = EXIT.notFound;
    return undefined;
  }
  const response = await reach(`${url}/_simulator${path}`, method, body);
  if (response === null) {
    context.say(`The simulator at ${url} does not answer.`);
    process.exitCode = EXIT.unavailable;
    return undefined;
  }
  const answer = (await response.json()) as { readonly error?: { readonly message: string } };
  if (response.ok) return answer;
  context.say(answer.error?.message ?? `The simulator answers ${response.status}.`);
  process.exitCode = EXIT.wrongUsage;
  return undefined;
}

async function reach(url: string, method: string, body: object | undefined): Promise<Response | null> {
  try {
    return await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  } catch (error) {
    // fetch says "failed" in a TypeError whatever happened to the connection.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
