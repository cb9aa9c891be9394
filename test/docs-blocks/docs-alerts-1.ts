// Of docs/alerts.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import type { Policy } from 'creditpool';

const part: Partial<Policy> = {
alerts: { thresholdsPercent: [75, 90], expiringDays: [30, 7, 1], runawayFactor: 5, silenceHours: 6, daysLeft: 3 },
};
void [part];
export {};
