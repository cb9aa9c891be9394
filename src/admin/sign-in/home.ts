import type { Role } from '../../domain/operator.ts';

/** Where a person begins who asked for no page: finance at the month, everybody else at the search. */
export function homeOf(roles: readonly Role[]): string {
  const answersCustomers = roles.includes('support') || roles.includes('owner');
  return roles.includes('finance') && !answersCustomers ? '/finance' : '/';
}
