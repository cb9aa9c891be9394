// Who works here and what he may do. A person is his subject, which his sign-in names; roles come and go.
import { permits, type Scope } from './scope.ts';

export const ROLES = ['viewer', 'support', 'finance', 'approver', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'case.read',
  'case.request',
  'case.approve',
  'case.override',
  'rules.change',
  'operator.read',
  'operator.change',
  'audit.read',
  'message.retry',
  'draft.decide',
  'variance.explain',
  'variance.correct',
  'variance.approve',
  'reconciliation.run',
  'journal.export',
  'close.read',
  'close.request',
  'close.sign',
  'close.reopen',
  'margin.read',
  'prices.change',
  'shadow.decide',
  'launch.change',
  'launch.sign',
  'model.change',
  'model.approve',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What each role lets a person do. That nobody approves what he asked for himself is another rule, and no role lifts it. */
const GRANTED: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['case.read', 'close.read', 'margin.read'],
  support: ['case.read', 'case.request', 'message.retry', 'close.read', 'margin.read'],
  finance: [
    'case.read',
    'case.request',
    'audit.read',
    'message.retry',
    'draft.decide',
    'variance.explain',
    'variance.correct',
    'reconciliation.run',
    'journal.export',
    'close.read',
    'close.request',
    'close.sign',
    'margin.read',
    'prices.change',
    'shadow.decide',
    'launch.change',
    'launch.sign',
    'model.change',
  ],
  approver: [
    'case.read',
    'case.approve',
    'audit.read',
    'variance.approve',
    'close.read',
    'close.sign',
    'margin.read',
    'launch.sign',
    'model.approve',
  ],
  owner: PERMISSIONS,
};

export interface Operator {
  readonly operatorId: string;
  /** The person, for ever. */
  readonly subject: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function may(roles: readonly Role[], permission: Permission): boolean {
  return roles.some((role) => GRANTED[role].includes(permission));
}

/** The roles of which each alone is enough, for a sentence that says whom to ask. */
export function rolesWith(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => GRANTED[role].includes(permission));
}

/** What a key that acts for itself may do: ask, and never agree. */
export function rolesOfScopes(scopes: readonly Scope[]): readonly Role[] {
  const roles: Role[] = scopes.includes('read') ? ['viewer'] : [];
  if (permits(scopes, ['support'])) roles.push('support');
  if (permits(scopes, ['finance'])) roles.push('finance');
  return roles;
}
