import { rolesOfScopes } from '../domain/operator.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { ApiRequest } from './route.ts';

/** Who acts by a key: the person it was made for, or the key itself, which may ask and never agree. */
export function actingOf({ caller, requestId }: Pick<ApiRequest, 'caller' | 'requestId'>): Acting {
  const trace = { requestId, address: null, userAgent: null };
  const { operatorSubject, apiKeyId, scopes } = caller;
  if (operatorSubject !== null) return { subject: operatorSubject, roles: null, trace };
  return { subject: `key:${apiKeyId}`, roles: rolesOfScopes(scopes), trace };
}
