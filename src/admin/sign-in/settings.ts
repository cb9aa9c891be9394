import type { Role } from '../../domain/operator.ts';

/** How people prove who they are. A sandbox prints links; everywhere else somebody has to vouch for them. */
export type SignInSettings =
  | { readonly by: 'link' }
  | ProviderSettings
  | ProxySettings
  /** Nobody is let in, and the sign-in page says what to set. */
  | { readonly by: 'nobody' };

export interface ProviderSettings {
  readonly by: 'provider';
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The claim that lists a person's groups, and what each group may do; empty: owners give roles here. */
  readonly groupsClaim: string;
  readonly rolesOfGroup: ReadonlyMap<string, Role>;
}

export interface ProxySettings {
  readonly by: 'proxy';
  /** The header that the proxy sets, and strips from what comes from outside. */
  readonly header: string;
  /** What only the proxy knows: it sends it with each request in `x-creditpool-proxy`. */
  readonly secret: string;
  readonly groupsHeader: string;
  readonly rolesOfGroup: ReadonlyMap<string, Role>;
}
