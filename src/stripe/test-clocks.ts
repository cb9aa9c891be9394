// Test clocks: Stripe's own way to make time pass for some customers. Advancing is asynchronous; one waits for "ready".
import { setTimeout as sleep } from 'node:timers/promises';

import type { StripeGateway } from './gateway.ts';

export interface TestClock {
  readonly id: string;
  readonly frozenAt: Date;
}

const POLL_MS = 50;
const POLLS_MAX = 4_000;

/** Test clocks of the account that are not being deleted. */
export async function listTestClocks(stripe: StripeGateway): Promise<readonly TestClock[]> {
  const clocks: TestClock[] = [];
  for await (const clock of stripe.testHelpers.testClocks.list({ limit: 100 })) {
    clocks.push({ id: clock.id, frozenAt: new Date(clock.frozen_time * 1000) });
  }
  return clocks;
}

/** Moves a test clock forward and waits until Stripe has done what fell due. */
export async function advanceTestClock(stripe: StripeGateway, id: string, to: Date): Promise<void> {
  const frozenTime = Math.floor(to.getTime() / 1000);
  await stripe.testHelpers.testClocks.advance(id, { frozen_time: frozenTime });
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const clock = await stripe.testHelpers.testClocks.retrieve(id);
    if (clock.status === 'ready') return;
    if (clock.status === 'internal_failure')
      throw new Error(`the test clock ${id} failed to advance to ${to.toISOString()}`);
    await sleep(POLL_MS);
  }
  throw new Error(`the test clock ${id} did not reach ${to.toISOString()} in time`);
}
