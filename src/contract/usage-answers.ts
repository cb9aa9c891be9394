// What is answered to usage, as the API and the command show it.
import { formatCredits } from '../domain/amount.ts';
import { toWireId } from './ids.ts';

interface Tracked {
  readonly usageEventId: string;
  readonly status: 'applied' | 'unfunded' | 'duplicate' | 'observed' | 'shadowed';
  readonly credits: bigint;
  readonly available: bigint;
  readonly passedCap: 'member_cap' | 'agent_cap' | null;
}

const UNFUNDED = {
  code: 'pool_unfunded',
  message:
    'Stored, and nobody pays for it yet. Checks and holds are refused until new credits have paid it; send nothing again.',
};

export function shownTracked(id: string | null, usage: Tracked) {
  return {
    id,
    usage_event: toWireId('usage', usage.usageEventId),
    status: usage.status,
    credits: formatCredits(usage.credits),
    balance: formatCredits(usage.available),
    // Burned all the same, since it has happened; its member or agent may start nothing more in this window.
    ...(usage.passedCap !== null && { past_cap: usage.passedCap }),
    ...(usage.status === 'unfunded' && { reason: UNFUNDED }),
  };
}
