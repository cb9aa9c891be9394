// Of docs/plugin.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const log: import('pino').Logger;
declare const sendMail: (mail: { id: string; to: unknown; percent: number; available: string }) => Promise<void>;
declare const createBilling: typeof import('creditpool').createBilling;
declare const settings: import('creditpool').BillingSettings;
const billing = createBilling({
  ...settings,
  hooks: {
    onBalanceLow: async (event) => {
      const { customer, percent, available } = event.data.object;
      await sendMail({ id: event.id, to: customer?.external_id, percent, available });
    },
    onEvent: (event) => console.log(event.type, event.id),
  },
});
billing.jobs.start();
void [log, sendMail, createBilling, settings, billing];
export {};
