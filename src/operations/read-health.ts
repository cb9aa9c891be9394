import { type Backlog, readBacklog } from '../storage/health.ts';
import type { Deps } from './deps.ts';

/** Figures of what waits; `because` when the database does not answer. Parked rows are reported, not a reason to stop. */
export async function readHealth(deps: Deps): Promise<Backlog | { readonly because: string }> {
  try {
    return await readBacklog(deps.db);
  } catch (error) {
    deps.log.warn({ err: error }, 'the health check could not reach the database');
    return { because: 'the database does not answer' };
  }
}
