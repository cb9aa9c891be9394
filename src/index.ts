// What a host application imports: the mountable product, the migrations, and the types of both.
export { type Billing, type BillingSettings, createBilling, type Operations } from './billing.ts';
export type { OutgoingEvent } from './contract/outgoing-events.ts';
export type { BillingHooks } from './host/hooks.ts';
export type { Counts, Payer, RequestCredits, RequireCredits } from './host/require-credits.ts';
export {
  type BurnRow,
  type Catalogue,
  type CreditUnit,
  defineCatalogue,
  type Pack,
  type Plan,
  type Policy,
} from './domain/catalogue.ts';
export type { Rejection } from './domain/rejection.ts';
export { migrate, type MigrationSettings, pendingMigrations } from './storage/migrate.ts';
