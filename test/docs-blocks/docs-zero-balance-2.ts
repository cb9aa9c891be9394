// Of docs/zero-balance.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import type { Policy } from 'creditpool';

const part: Partial<Policy> = {
zeroBalance: 'top_up',
topUp: { pack: 'pack-1k', below: '200', monthlyCapMinor: 20_000, coolDownMinutes: 30 },
};
void [part];
export {};
