import { errorCode } from './database.ts';

const CONNECTION_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT'];

/** Whether the database itself is away or going down, so that trying again elsewhere in the batch is pointless. */
export function isConnectionFailure(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return code.startsWith('08') || code.startsWith('57P') || CONNECTION_CODES.includes(code);
  return error instanceof Error && /connection terminated|timeout acquiring a connection/i.test(error.message);
}

/** Whether a lock or a statement took longer than it may (55P03, 57014). */
export function isTimeout(error: unknown): boolean {
  return ['55P03', '57014'].includes(errorCode(error) ?? '');
}
