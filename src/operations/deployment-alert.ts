import { NIL_ID } from '../domain/account.ts';
import type { AlertKind } from '../domain/alert.ts';
import { customerKey } from '../domain/customer.ts';
import type { NewAlert } from '../storage/alerts.ts';
import type { Deps } from './deps.ts';

/** An alert about the deployment and no customer: it is once per key for ever, and goes to the log and to webhooks. */
export function deploymentAlert(
  { newId }: Pick<Deps, 'newId'>,
  kind: AlertKind,
  key: string,
  data: NewAlert['data'],
): NewAlert {
  return { ...customerKey(NIL_ID), alertId: newId(), poolId: null, kind, key: `${kind}/${key}`, data };
}
