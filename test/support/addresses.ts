/** The connection string of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** A user that may create databases and roles. */
    maintenanceUrl: string;
    /** The migrated database that every test file clones. */
    templateName: string;
    stripeShapesFile: string;
    openApi: string;
  }
}
