import type { Finding } from './finding.ts';

/** A name that people read: not blank, no white space around it, and within the length. */
export function* lintName(path: string, name: string, lengthMax: number): Iterable<Finding> {
  if (name.trim() === '' || name !== name.trim() || name.length > lengthMax) {
    yield {
      path,
      code: 'bad_name',
      message: `${path} is ${JSON.stringify(name.slice(0, 60))}, ${name.length} characters long.`,
      fix: `Write 1 to ${lengthMax} characters, without white space around them.`,
    };
  }
}

/** A stable key: 'hybrid', 'pack-10k'. */
export function* lintKey(path: string, key: string): Iterable<Finding> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(key)) {
    yield {
      path,
      code: 'bad_key',
      message: `${JSON.stringify(key)} is no key.`,
      fix: 'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter.',
    };
  }
}

/** What the host reports: 'llm.complete', 'input_tokens', 'ai'. */
export function* lintReportedName(path: string, name: string): Iterable<Finding> {
  if (!/^[a-z][a-z0-9_.-]{0,63}$/.test(name)) {
    yield {
      path,
      code: 'bad_key',
      message: `${JSON.stringify(name)} cannot be reported.`,
      fix: 'Use at most 64 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter.',
    };
  }
}

/** One finding for each value of a list that an earlier place has already. */
export function* lintUnique(path: string, field: string, values: readonly string[]): Iterable<Finding> {
  for (const [index, value] of values.entries()) {
    const first = values.indexOf(value);
    if (first === index) continue;
    yield {
      path: field === '' ? `${path}[${index}]` : `${path}[${index}].${field}`,
      code: 'duplicate',
      message: `${value} is there already, at ${path}[${first}].`,
      fix: 'Remove one of the two, or give it another name.',
    };
  }
}
