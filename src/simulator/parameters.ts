import { invalidParameter } from './errors.ts';
import type { FormMap, FormValue } from './form.ts';

/** What a parameter may be; `parse` throws Stripe's refusal for anything else. */
export interface Kind<T, R extends boolean = boolean> {
  readonly parse: (value: FormValue, name: string) => T;
  readonly required: R;
  /** Of an object, or of the objects of a list: what may stand in it. */
  readonly fields?: Readonly<Record<string, Kind<unknown>>> | undefined;
}
export type Shape = Readonly<Record<string, Kind<unknown>>>;
export type Values<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Kind<infer T, infer R> ? (R extends true ? T : T | undefined) : never;
};

function optional<T>(parse: (value: FormValue, name: string) => T, fields?: Kind<T>['fields']): Kind<T, false> {
  return { parse, required: false, fields };
}

function asText(value: FormValue, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidParameter(`Invalid string: ${name} is a map`, 'parameter_invalid_string', name);
}

function asNonEmpty(value: FormValue, name: string): string {
  const given = asText(value, name);
  if (given !== '') return given;
  const message = `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`;
  throw invalidParameter(message, 'parameter_invalid_empty', name);
}

function asMap(value: FormValue, name: string): FormMap {
  if (value instanceof Map) return value;
  throw invalidParameter(`Invalid object: ${name}`, 'parameter_invalid_object', name);
}

export const required = <T>(kind: Kind<T>): Kind<T, true> => ({ ...kind, required: true });

/** An empty string unsets: it reads as null. */
export const emptyable = <T>(kind: Kind<T>): Kind<T | null, false> =>
  optional((value, name) => (value === '' ? null : kind.parse(value, name)), kind.fields);

/** Free text of at most `max` characters; empty reads as null. */
export const text = (max = 5000): Kind<string | null, false> =>
  optional((value, name) => {
    const given = asText(value, name);
    if (given.length > max) {
      const message = `Invalid string: ${name} must be at most ${max} characters`;
      throw invalidParameter(message, 'parameter_invalid_string', name);
    }
    return given === '' ? null : given;
  });

/** An id or another word that cannot be empty. */
export const word = (max = 5000): Kind<string, false> =>
  optional((value, name) => {
    const given = asNonEmpty(value, name);
    if (given.length <= max) return given;
    const message = `Invalid string: ${name} must be at most ${max} characters`;
    throw invalidParameter(message, 'parameter_invalid_string', name);
  });

export const integer = (least = -99_999_999_999, most = 99_999_999_999): Kind<number, false> =>
  optional((value, name) => {
    const given = asNonEmpty(value, name);
    if (!/^-?\d+$/.test(given)) {
      throw invalidParameter(`Invalid integer: ${given}`, 'parameter_invalid_integer', name);
    }
    const number = Number(given);
    if (number >= least && number <= most) return number;
    const bound = number < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
    throw invalidParameter(`This value must be ${bound}.`, 'parameter_invalid_integer', name);
  });

export const timestamp = (): Kind<number, false> => integer(0);

/** A decimal of at most 12 places, kept as text. */
export const decimal = (): Kind<string, false> =>
  optional((value, name) => {
    const given = asNonEmpty(value, name);
    if (/^-?\d+(\.\d{1,12})?$/.test(given)) return given;
    throw invalidParameter(`Invalid decimal: ${given}`, 'parameter_invalid_decimal', name);
  });

export const boolean = (): Kind<boolean, false> =>
  optional((value, name) => {
    const given = asNonEmpty(value, name);
    if (given === 'true' || given === 'false') return given === 'true';
    throw invalidParameter(`Invalid boolean: ${given}`, 'parameter_invalid_boolean', name);
  });

export const oneOf = <const T extends string>(...allowed: readonly T[]): Kind<T, false> =>
  optional((value, name) => {
    const given = asNonEmpty(value, name);
    const found = allowed.find((candidate) => candidate === given);
    if (found !== undefined) return found;
    const message = `Invalid ${name}: must be one of ${allowed.join(', ')}`;
    throw invalidParameter(message, 'parameter_invalid_enum', name);
  });

export const array = <T>(of: Kind<T>, most = 1000): Kind<T[], false> =>
  optional((value, name) => {
    if (value === '') return [];
    const items = Array.from(asMap(value, name).values(), (item, index) => of.parse(item, `${name}[${index}]`));
    if (items.length <= most) return items;
    throw invalidParameter(`Array ${name} exceeded maximum of ${most} elements`, 'parameter_invalid_array', name);
  }, of.fields);

export const map = <T>(of: Kind<T>): Kind<Record<string, T>, false> =>
  optional((value, name) => {
    const entries = Array.from(asMap(value, name), ([key, below]): [string, T] => [
      key,
      of.parse(below, `${name}[${key}]`),
    ]);
    return Object.fromEntries(entries);
  });

/** Keys with an empty value are to be removed; `null` as a whole removes all. */
export type MetadataChange = Readonly<Record<string, string>> | null;

export const metadata = (): Kind<MetadataChange, false> =>
  optional((value, name) => {
    if (value === '') return null;
    const entries = Array.from(asMap(value, name), ([key, below]): [string, string] => [
      key,
      asText(below, `${name}[${key}]`),
    ]);
    for (const [key, given] of entries) {
      const fits = key.length <= 40 && !/[[\]]/.test(key) && given.length <= 500;
      if (!fits) {
        const message = 'Metadata keys may have 40 characters without brackets, values 500.';
        throw invalidParameter(message, 'parameter_invalid_string', `${name}[${key}]`);
      }
    }
    if (entries.length <= 50) return Object.fromEntries(entries);
    throw invalidParameter('Metadata can have at most 50 keys.', 'parameter_invalid_object', name);
  });

export const object = <S extends Shape>(shape: S): Kind<Values<S>, false> =>
  optional((value, name) => readParameters(shape, asMap(value, name), name), shape);

/** An object of which some fields cannot be given in this place. */
export const objectWithout = <S extends Shape>(shape: S, ...absent: (keyof S & string)[]): Kind<Values<S>, false> => {
  const fields = Object.fromEntries(Object.entries(shape).filter(([key]) => !absent.includes(key)));
  return optional((value, name) => readParameters(fields, asMap(value, name), name) as Values<S>, fields);
};

/** A parameter that is accepted and has no effect here. */
export const ignored = (): Kind<null, false> => optional(() => null);

/** A parameter of the API whose effect is not simulated: said plainly, since a silent difference would mislead. */
export const unsupported = (): Kind<null, false> =>
  optional((value, name) => {
    if (value === '') return null;
    throw invalidParameter(`The simulator does not support ${name}.`, 'simulator_unsupported', name);
  });

/** `{enabled: false}`; switching it on is not simulated. */
export const switchedOff = (): Kind<null, false> =>
  optional((value, name) => {
    const off = value instanceof Map && value.get('enabled') === 'false';
    return off ? null : unsupported().parse(value, name);
  });

/** `created[gte]=…` or an exact instant. */
export const range = (): Kind<(instant: number) => boolean, false> =>
  optional((value, name) => {
    if (typeof value === 'string') {
      const exact = timestamp().parse(value, name);
      return (instant) => instant === exact;
    }
    const limits = readParameters(
      { gt: timestamp(), gte: timestamp(), lt: timestamp(), lte: timestamp() },
      value,
      name,
    );
    return (instant) =>
      instant > (limits.gt ?? -Infinity) &&
      instant >= (limits.gte ?? -Infinity) &&
      instant < (limits.lt ?? Infinity) &&
      instant <= (limits.lte ?? Infinity);
  });

export const paging = { limit: integer(1, 100), starting_after: word(), ending_before: word() };

/** Reads declared parameters: unknown ones and missing ones are refused. */
export function readParameters<S extends Shape>(shape: S, given: FormMap, prefix = ''): Values<S> {
  const nameOf = (key: string): string => (prefix === '' ? key : `${prefix}[${key}]`);
  for (const key of given.keys()) {
    if (Object.hasOwn(shape, key)) continue;
    throw invalidParameter(`Received unknown parameter: ${nameOf(key)}`, 'parameter_unknown', nameOf(key));
  }
  const values: Record<string, unknown> = {};
  for (const [key, kind] of Object.entries(shape)) {
    const value = given.get(key);
    if (value !== undefined) values[key] = kind.parse(value, nameOf(key));
    else if (kind.required) {
      throw invalidParameter(`Missing required param: ${nameOf(key)}.`, 'parameter_missing', nameOf(key));
    }
  }
  return values as Values<S>;
}

/** Metadata after a change: keys set, emptied keys gone, all gone on null. */
export function changedMetadata(
  before: Readonly<Record<string, string>> | null,
  change: MetadataChange | undefined,
): Record<string, string> {
  if (change === undefined) return { ...before };
  if (change === null) return {};
  const merged = Object.entries({ ...before, ...change });
  return Object.fromEntries(merged.filter(([, value]) => value !== ''));
}
