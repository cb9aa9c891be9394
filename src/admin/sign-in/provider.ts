// Sign-in by OpenID Connect: code flow with PKCE, state and nonce; the library checks issuer, audience and signature.
import * as oidc from 'openid-client';

import { FRESH_MS } from '../../domain/console-session.ts';
import type { Role } from '../../domain/operator.ts';
import type { Identity } from '../../operations/console/sign-in-person.ts';
import type { SignInTrip } from '../../operations/console/sign-in-trips.ts';
import type { ProviderSettings } from './settings.ts';

export interface Provider {
  /** Where to send the browser, and what must come back from there. */
  readonly leave: (asked: { readonly redirectUri: string; readonly fresh: boolean }) => Promise<Departure>;
  /** Who came back; throws what the library finds wrong. */
  readonly arrive: (callback: URL, trip: SignInTrip) => Promise<Arrival>;
}

export interface Departure {
  readonly to: URL;
  readonly trip: Pick<SignInTrip, 'state' | 'nonce' | 'codeVerifier' | 'fresh'>;
}

export interface Arrival {
  readonly identity: Identity;
  /** When the person proved who he is, as the provider says; null: it does not say. */
  readonly authenticatedAt: Date | null;
}

/** Asks the provider for its addresses at the first sign-in, so that the service starts while it is away. */
export function connectProvider(settings: ProviderSettings): Provider {
  let found: Promise<oidc.Configuration> | null = null;
  const configuration = async (): Promise<oidc.Configuration> => {
    found ??= discover(settings);
    try {
      return await found;
    } catch (error) {
      found = null;
      throw error;
    }
  };
  return {
    leave: async ({ redirectUri, fresh }) => {
      const trip = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        codeVerifier: oidc.randomPKCECodeVerifier(),
        fresh,
      };
      const to = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state: trip.state,
        nonce: trip.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(trip.codeVerifier),
        code_challenge_method: 'S256',
        ...(fresh && { prompt: 'login', max_age: '0' }),
      });
      return { to, trip };
    },
    arrive: async (callback, trip) => {
      const tokens = await oidc.authorizationCodeGrant(await configuration(), callback, {
        pkceCodeVerifier: trip.codeVerifier,
        expectedState: trip.state,
        expectedNonce: trip.nonce,
        idTokenExpected: true,
        // With max_age the library insists on auth_time; the age itself is ours to judge.
        ...(trip.fresh && { maxAge: FRESH_MS / 1_000 }),
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the provider sent no ID token');
      const authTime = claims.auth_time;
      return {
        identity: toIdentity({ ...(await moreOf(await configuration(), tokens, claims)), ...claims }, settings),
        authenticatedAt: authTime === undefined ? null : new Date(authTime * 1_000),
      };
    },
  };
}

async function discover({ issuer, clientId, clientSecret }: ProviderSettings): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return oidc.discovery(url, clientId, clientSecret, undefined, {
    timeout: 10,
    // A provider on this machine, for a trial: everything else must speak TLS.
    ...(isLoopback && url.protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }),
  });
}

/** Some providers keep names and groups out of the ID token: the userinfo endpoint has them. */
async function moreOf(
  configuration: oidc.Configuration,
  { access_token: token }: oidc.TokenEndpointResponse,
  claims: oidc.IDToken,
): Promise<object> {
  const isWhole = claims['name'] !== undefined && claims['email'] !== undefined;
  if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return oidc.fetchUserInfo(configuration, token, claims.sub);
}

function toIdentity(claims: oidc.IDToken, { groupsClaim, rolesOfGroup }: ProviderSettings): Identity {
  const text = (claim: unknown): string | null => (typeof claim === 'string' && claim !== '' ? claim : null);
  const email = claims['email_verified'] === false ? null : text(claims['email']);
  return {
    subject: `oidc:${claims.sub}`,
    name: text(claims['name']) ?? email ?? claims.sub,
    email,
    roles: rolesOfGroup.size === 0 ? null : rolesIn(claims[groupsClaim], rolesOfGroup),
  };
}

/** The roles of the groups that somebody is in; groups that mean nothing here are passed over. */
export function rolesIn(groups: unknown, rolesOfGroup: ReadonlyMap<string, Role>): readonly Role[] {
  const names = Array.isArray(groups) ? groups : [groups];
  const roles = names.flatMap((name) => (typeof name === 'string' ? (rolesOfGroup.get(name) ?? []) : []));
  return [...new Set(roles)];
}
