// The TypeScript client: no dependency, nothing of zod at run time, types of the contract.
export { meterModel, type ModelMetering } from './ai-sdk.ts';
export { createClient, type Creditpool } from './client.ts';
export { type Journal, memoryJournal } from './journal.ts';
export { type Lease, type LeaseSettings, openLease } from './lease.ts';
export { type Meter, type Metering, meterStream, openMeter, type Quantities, type StreamMetering } from './metered.ts';
export {
  CreditpoolError,
  isOutOfCredits,
  isUnreachable,
  orRefusal,
  type OutOfCredits,
  type UnreachedCode,
} from './refusal.ts';
export type { CallOptions, ClientSettings } from './request.ts';
export {
  createUsageQueue,
  type QueuedUsage,
  type RefusedUsage,
  type UsageQueue,
  UsageQueueFull,
  type UsageQueueSettings,
} from './usage-queue.ts';
