import type { CliContext } from './context.ts';

/** What stands on everything that leaves this deployment; nothing in live mode. */
export function modeOf({ config }: Pick<CliContext, 'config'>): string {
  if (config.stripe.mode === 'live') return '';
  return config.stripe.mode === 'sandbox' ? 'SANDBOX' : 'STRIPE TEST MODE';
}
