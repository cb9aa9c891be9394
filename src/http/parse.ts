import type { z } from 'zod';

import type { Problem } from './problems.ts';

const ISSUES_SHOWN_MAX = 10;

/** Reads a wire value by its schema; a refusal names the first field at fault and lists the others. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly value: z.output<Schema> } | { readonly rejected: Problem } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const faults = result.error.issues.slice(0, ISSUES_SHOWN_MAX).map(toFault);
  const [first] = faults;
  if (first === undefined) throw new Error('zod refused without an issue');
  return {
    rejected: {
      code: 'invalid_request',
      message: first.param === '' ? first.message : `${first.param}: ${first.message}`,
      ...(first.param !== '' && { param: first.param }),
      ...(faults.length > 1 && { details: { faults } }),
    },
  };
}

interface Fault {
  readonly param: string;
  readonly message: string;
}

function toFault(issue: z.core.$ZodIssue): Fault {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return { param: [...path, issue.keys[0]].join('.'), message: 'is not a field of this request' };
  }
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [issue];
  return { param: path.join('.'), message: sentence(inner?.message ?? issue.message) };
}

/** Zod says "Invalid input: expected string, received undefined". */
function sentence(message: string): string {
  if (message.endsWith(', received undefined')) return 'is required';
  return message
    .replace(/^Invalid input: expected (.*), received (.*)$/, 'must be a $1, not a $2')
    .replace(/^Invalid input: /, '');
}
