import pg from 'pg';

/**
 * How PostgreSQL's values arrive: `int8` as `bigint`, `numeric` as a decimal string (it holds amounts that no number
 * can), `date` and `timestamp` as text (a day has no instant), `timestamptz` as `Date`. The driver would turn
 * `numeric[]` into floats and `int8` into text.
 */
const INT8 = 20;
const INT8_ARRAY = 1016;
const NUMERIC = 1700;
const NUMERIC_ARRAY = 1231;
const DATE = 1082;
const DATE_ARRAY = 1182;
const TIMESTAMP = 1114;
const TIMESTAMP_ARRAY = 1115;
const TEXT_ARRAY = 1009;

type Parse = (text: string) => unknown;

const asText: Parse = (text) => text;
const driverTypes = pg.types as { readonly getTypeParser: (oid: number, format: string) => unknown };
const asTextArray = driverTypes.getTypeParser(TEXT_ARRAY, 'text') as (text: string) => (string | null)[];

const PARSERS: ReadonlyMap<number, Parse> = new Map([
  [INT8, (text: string) => BigInt(text)],
  [INT8_ARRAY, (text: string) => asTextArray(text).map((item) => (item === null ? null : BigInt(item)))],
  [NUMERIC, asText],
  [NUMERIC_ARRAY, asTextArray],
  [DATE, asText],
  [DATE_ARRAY, asTextArray],
  [TIMESTAMP, asText],
  [TIMESTAMP_ARRAY, asTextArray],
]);

/** The parsers of one connection; nothing global is changed, so that a host application keeps its own. */
export const columnTypes = {
  getTypeParser: (oid: number, format: 'text' | 'binary' = 'text'): unknown =>
    (format === 'text' ? PARSERS.get(oid) : undefined) ?? driverTypes.getTypeParser(oid, format),
};
