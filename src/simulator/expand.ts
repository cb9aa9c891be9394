import { invalidRequest } from './errors.ts';

/** Gives the object behind an id, or a field that is only included on request. */
export interface Expansion {
  readonly byId: (id: string) => object | undefined;
  readonly included: (owner: object, field: string) => unknown;
}

const DEPTH_MAX = 4;

type Bag = Record<string, unknown>;

function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expandValue(value: unknown, path: readonly string[], whole: string, expansion: Expansion): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => expandValue(item, path, whole, expansion));
  const object = typeof value === 'string' ? expansion.byId(value) : value;
  if (!isBag(object)) return value;
  const [field, ...rest] = path;
  if (field === undefined) return object;
  const present = Object.hasOwn(object, field) ? object[field] : expansion.included(object, field);
  if (present === undefined) {
    if (rest.length === 0 && !('object' in object)) return object;
    throw invalidRequest(`This property cannot be expanded (${whole}).`, { param: 'expand' });
  }
  return { ...object, [field]: expandValue(present, rest, whole, expansion) };
}

/** Answers with the asked-for ids replaced by their objects; at most four levels. */
export function expand(answer: object, paths: readonly string[], expansion: Expansion): object {
  let expanded: unknown = answer;
  for (const path of paths) {
    const fields = path.split('.');
    if (fields.length > DEPTH_MAX) {
      throw invalidRequest(`You cannot expand more than ${DEPTH_MAX} levels of a property (${path}).`, {
        param: 'expand',
      });
    }
    expanded = expandValue(expanded, fields, path, expansion);
  }
  return isBag(expanded) ? expanded : answer;
}
