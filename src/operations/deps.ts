// What operations are given. Shells build it once; tests build their own.
import type { Database } from '../storage/database.ts';
import type { StripeGateway } from '../stripe/gateway.ts';

export interface Deps {
  readonly db: Database;
  readonly stripe: StripeGateway;
  /** A new time-ordered UUID (version 7). */
  readonly newId: () => string;
  readonly log: Log;
  readonly settings: Settings;
}

export interface Settings {
  /** Minutes after a billing period's end in which late usage still belongs to it. */
  readonly cutOffMinutes: number;
  /** Width of the window in which usage is gathered into one meter event. */
  readonly meterWindowMinutes: number;
  /** How usage is reported: event by event unless said otherwise, or through the v2 stream, which only live mode has. */
  readonly meterEvents?: 'v1' | 'stream';
}

export interface Log {
  readonly info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}
