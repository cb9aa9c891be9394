import type { Command } from 'commander';

import { STRIPE_EVENT_TYPES } from '../billing.ts';
import type { Config } from '../config.ts';
import { bad, type CheckupLine, good } from '../domain/checkup.ts';
import { examineDeployment } from '../operations/examine-deployment.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { withBooks } from './with-books.ts';

const PROBE_MS_MAX = 5_000;

/** `creditpool doctor`: one line per check, each with its fix. */
export function registerDoctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description(`look for what would hurt later (exit ${EXIT.checkFailed} when anything does)`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('doctor', 'doctor --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: true }, async (deps) => {
        const { config } = context;
        const webhookUrl = `${config.publicUrl}/v1/webhooks/stripe`;
        const lines = [
          ...checkSettings(config),
          await checkRawBody(config, webhookUrl),
          ...(await examineDeployment(deps, {
            webhookUrl,
            eventTypes: STRIPE_EVENT_TYPES,
            isSandbox: config.stripe.mode === 'sandbox',
            isStreaming: config.meterEvents === 'stream',
            wall: () => new Date(),
          })),
        ];
        if (asJson) context.out(json({ object: 'doctor', findings: lines }));
        else for (const line of lines) context.out(shown(line));
        const failed = lines.filter(({ ok }) => !ok).length;
        context.say(failed === 0 ? 'Nothing hurts.' : `${failed} of ${lines.length} need you.`);
        return failed === 0 ? EXIT.done : EXIT.checkFailed;
      });
    });
}

function shown({ check, ok, says, fix }: CheckupLine): string {
  const line = `${ok ? '✔' : '✘'} ${check.padEnd(17)} ${says}`;
  return fix === null ? line : `${line}\n  ${''.padEnd(17)} → ${fix}`;
}

function checkSettings({ stripe, apiKeyPepper }: Config): readonly CheckupLine[] {
  const { secretKey, mode, webhookSecrets } = stripe;
  const isSandbox = mode === 'sandbox';
  return [
    secretKey?.startsWith('sk_live_') === true
      ? bad('mode', 'a full live key', 'take a restricted one (rk_live_…) with the rights that docs/stripe.md lists')
      : good('mode', isSandbox ? 'SANDBOX: simulated Stripe' : `Stripe ${mode} mode`),
    isSandbox || webhookSecrets.length > 0
      ? good('webhook secrets', isSandbox ? 'made by the simulator at each start' : `${webhookSecrets.length} set`)
      : bad(
          'webhook secrets',
          'none: every webhook would be refused',
          'set STRIPE_WEBHOOK_SECRETS, one for each endpoint',
        ),
    apiKeyPepper !== undefined || isSandbox
      ? good('pepper', apiKeyPepper === undefined ? 'this machine’s own' : 'set')
      : bad('pepper', 'API keys are peppered by this machine only', 'set API_KEY_PEPPER, the same on every replica'),
    good('draft window', 'Stripe does not tell it: set at least 4 hours (Billing → Invoices → grace period)'),
  ];
}

/** Asks the running service as Stripe would, without a signature: a body that came raw is refused for that alone. */
async function checkRawBody({ stripe: { mode } }: Config, url: string): Promise<CheckupLine> {
  const check = 'raw webhook body';
  const answer = await probe(url);
  if ('because' in answer) {
    if (mode === 'sandbox') return good(check, `nothing listens at ${url}: not looked at`);
    return bad(check, `${url} ${answer.because}`, 'start the service, or set PUBLIC_URL to where Stripe reaches it');
  }
  if (answer.code === 'signature_missing') return good(check, 'arrives unparsed');
  if (answer.code === 'raw_body_required') {
    return bad(check, 'a body parser runs before the router', 'mount the router before express.json()');
  }
  const says = `${url} answers ${answer.status}${answer.code === null ? '' : ` ${answer.code}`}`;
  return bad(check, says, 'mount the router there, or set PUBLIC_URL to where it is mounted');
}

type Answer = { readonly status: number; readonly code: string | null } | { readonly because: string };

async function probe(url: string): Promise<Answer> {
  const request = { method: 'POST', body: '{"object":"doctor"}', headers: { 'content-type': 'application/json' } };
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(PROBE_MS_MAX) });
    const code = /"code":\s*"(\w+)"/.exec(await response.text())?.[1] ?? null;
    return { status: response.status, code };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { because: error.name === 'TimeoutError' ? 'does not answer' : 'cannot be reached' };
  }
}
