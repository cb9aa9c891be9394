import type { Command } from 'commander';

import { fetchServerTime } from '../operations/read-clock.ts';
import { readHealth } from '../operations/read-health.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { withBooks } from './with-books.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly says: string;
}

const SKEW_MS_MAX = 2_000;

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
        const backlog = await readHealth(deps);
        const skewMs = Math.abs((await fetchServerTime(deps)).getTime() - Date.now());
        const findings: Finding[] = [
          { check: 'mode', ...modeFinding(config.stripe.secretKey, config.stripe.mode) },
          { check: 'webhooks', ...webhookFinding(config.stripe.mode, config.stripe.webhookSecrets.length) },
          {
            check: 'clock',
            ok: skewMs <= SKEW_MS_MAX,
            says: `database and this machine differ by ${skewMs} ms${skewMs > SKEW_MS_MAX ? '; keep both on NTP' : ''}`,
          },
          {
            check: 'pepper',
            ok: config.apiKeyPepper !== undefined || config.stripe.mode === 'sandbox',
            says:
              config.apiKeyPepper === undefined
                ? 'API keys are peppered by this machine only; set API_KEY_PEPPER'
                : 'set',
          },
          ...('because' in backlog
            ? [{ check: 'database', ok: false, says: backlog.because }]
            : [
                {
                  check: 'outbox',
                  ok: backlog.outboxParked === 0,
                  says: `${backlog.outboxParked} parked (creditpool outbox list)`,
                },
                {
                  check: 'inbox',
                  ok: backlog.inboxParked === 0,
                  says: `${backlog.inboxParked} parked (GET /v1/stripe_events)`,
                },
              ]),
        ];
        if (asJson) context.out(json({ object: 'doctor', findings }));
        else for (const { check, ok, says } of findings) context.out(`${ok ? '✔' : '✘'} ${check.padEnd(9)} ${says}`);
        return findings.every(({ ok }) => ok) ? EXIT.done : EXIT.checkFailed;
      });
    });
}

function modeFinding(secretKey: string | undefined, mode: string): Omit<Finding, 'check'> {
  if (secretKey?.startsWith('sk_live_') === true) {
    return {
      ok: false,
      says: 'a full live key; take a restricted one (rk_live_…) with the rights that docs/running.md lists',
    };
  }
  return { ok: true, says: mode === 'sandbox' ? 'SANDBOX: simulated Stripe' : `Stripe ${mode} mode` };
}

function webhookFinding(mode: string, secrets: number): Omit<Finding, 'check'> {
  if (mode === 'sandbox') return { ok: true, says: 'registered with the simulator at each start' };
  return secrets > 0
    ? { ok: true, says: `${secrets} signing secret${secrets === 1 ? '' : 's'}` }
    : { ok: false, says: 'STRIPE_WEBHOOK_SECRETS is not set: every webhook would be refused' };
}
