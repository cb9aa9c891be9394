// The console's two cookies. Over https they carry the __Host- prefix, so that no other host can plant them.
import type { Request, Response } from 'express';

export interface Cookies {
  readonly session: Cookie;
  /** Holds a browser's half of a round trip to the provider; Lax, since the way back begins elsewhere. */
  readonly trip: Cookie;
}

export interface Cookie {
  readonly read: (request: Request) => string | null;
  readonly write: (response: Response, value: string) => void;
  readonly clear: (response: Response) => void;
}

export function consoleCookies(publicUrl: string): Cookies {
  const secure = publicUrl.startsWith('https:');
  return { session: cookie('creditpool', 'strict', secure), trip: cookie('creditpool_trip', 'lax', secure) };
}

function cookie(plainName: string, sameSite: 'strict' | 'lax', secure: boolean): Cookie {
  const name = secure ? `__Host-${plainName}` : plainName;
  const options = { httpOnly: true, secure, sameSite, path: '/' } as const;
  return {
    read: (request) => {
      const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim().split('='));
      const value = pairs.find(([key]) => key === name)?.[1];
      return value !== undefined && /^[\w-]{43}$/.test(value) ? value : null;
    },
    write: (response, value) => {
      response.cookie(name, value, options);
    },
    clear: (response) => {
      response.clearCookie(name, options);
    },
  };
}
