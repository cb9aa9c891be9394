// What an API key may do. `admin` may do everything; the others only what their routes list.

export const SCOPES = ['ingest', 'read', 'support', 'finance', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Whether a key with these scopes may use a route that takes any of the wanted ones. */
export function permits(held: readonly Scope[], wanted: readonly Scope[]): boolean {
  return held.includes('admin') || wanted.some((scope) => held.includes(scope));
}
