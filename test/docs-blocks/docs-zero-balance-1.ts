// Of docs/zero-balance.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import type { Policy } from 'creditpool';

const part: Partial<Policy> = {
zeroBalance: 'block',
zeroBalanceByAction: { 'api.call': 'overage', 'deploy.run': 'grace' },
};
void [part];
export {};
