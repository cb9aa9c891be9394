// Arrays as PostgreSQL reads them in its binary format. The driver writes arrays as text, quoting each element, and the
// server parses that text again: for a thousand usage events of twenty-two columns both cost more than the rows.
import type { Scalar } from './query.ts';

/** Writes one element at the writer's end; false for a value that this type does not know, which then goes as text. */
type Encode = (to: Writer, value: NonNullable<Scalar>) => boolean;

interface ElementType {
  readonly oid: number;
  readonly encode: Encode;
}

/** A buffer that grows; what it wrote is copied out, so one serves the whole process. */
class Writer {
  bytes = Buffer.allocUnsafe(1 << 16);
  length = 0;

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  int16(value: number): void {
    this.reserve(2);
    this.bytes.writeInt16BE(value, this.length);
    this.length += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.bytes.writeInt32BE(value, this.length);
    this.length += 4;
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.bytes.writeBigInt64BE(value, this.length);
    this.length += 8;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** UTF-8 after its length in bytes; `before` stands in front of the text and is counted. */
  text(value: string, before?: number): void {
    this.reserve(value.length * 3 + 5);
    const start = this.length + 4 + (before === undefined ? 0 : 1);
    if (before !== undefined) this.bytes[start - 1] = before;
    const written = this.ascii(value, start) ? value.length : this.bytes.write(value, start, 'utf8');
    this.bytes.writeInt32BE(start - this.length - 4 + written, this.length);
    this.length = start + written;
  }

  /** Short plain text is written faster from here than by a call into the runtime. */
  private ascii(value: string, start: number): boolean {
    if (value.length > 40) return false;
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code > 127) return false;
      this.bytes[start + at] = code;
    }
    return true;
  }

  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }
}

const INT64_MAX = 2n ** 63n;
const INT32_MAX = 2 ** 31;
const INT16_MAX = 2 ** 15;

/** PostgreSQL counts microseconds from the year 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

function whole(value: NonNullable<Scalar>, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= -max && value < max;
}

const TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['boolean', { oid: 16, encode: encodeBoolean }],
  ['bigint', { oid: 20, encode: encodeBigint }],
  ['smallint', { oid: 21, encode: encodeSmallint }],
  ['integer', { oid: 23, encode: encodeInteger }],
  ['text', { oid: 25, encode: encodeText }],
  ['timestamptz', { oid: 1184, encode: encodeInstant }],
  ['uuid', { oid: 2950, encode: encodeUuid }],
  ['json', { oid: 114, encode: encodeText }],
  ['jsonb', { oid: 3802, encode: encodeJson }],
]);

function encodeBoolean(to: Writer, value: NonNullable<Scalar>): boolean {
  if (typeof value !== 'boolean') return false;
  to.int32(1);
  to.byte(value ? 1 : 0);
  return true;
}

function encodeBigint(to: Writer, value: NonNullable<Scalar>): boolean {
  if (typeof value !== 'bigint' || value < -INT64_MAX || value >= INT64_MAX) return false;
  to.int32(8);
  to.int64(value);
  return true;
}

function encodeSmallint(to: Writer, value: NonNullable<Scalar>): boolean {
  if (!whole(value, INT16_MAX)) return false;
  to.int32(2);
  to.int16(value);
  return true;
}

function encodeInteger(to: Writer, value: NonNullable<Scalar>): boolean {
  if (!whole(value, INT32_MAX)) return false;
  to.int32(4);
  to.int32(value);
  return true;
}

function encodeText(to: Writer, value: NonNullable<Scalar>): boolean {
  if (typeof value !== 'string' || value.includes('\0')) return false;
  to.text(value);
  return true;
}

function encodeInstant(to: Writer, value: NonNullable<Scalar>): boolean {
  if (!(value instanceof Date)) return false;
  const micros = (value.getTime() - EPOCH_MS) * 1000;
  if (!Number.isSafeInteger(micros)) return false;
  to.int32(8);
  to.int32(Math.floor(micros / 2 ** 32));
  to.int32(micros | 0);
  return true;
}

/** The value of a hexadecimal digit by its code, 255 for any other. */
const DIGITS = new Uint8Array(128).fill(255);
for (let value = 0; value < 16; value += 1) DIGITS[value.toString(16).charCodeAt(0)] = value;

/** As this code writes UUIDs: lower case, with dashes. */
function encodeUuid(to: Writer, value: NonNullable<Scalar>): boolean {
  if (typeof value !== 'string' || value.length !== 36) return false;
  to.reserve(20);
  const { bytes } = to;
  let end = to.length + 4;
  let wrong = 0;
  for (let at = 0; at < 36; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      wrong |= value.charCodeAt(at) ^ 45;
      at += 1;
    }
    const high = DIGITS[value.charCodeAt(at)] ?? 255;
    const low = DIGITS[value.charCodeAt(at + 1)] ?? 255;
    wrong |= (high | low) & 240;
    bytes[end] = (high << 4) | low;
    end += 1;
  }
  if (wrong !== 0) return false;
  to.int32(16);
  to.length = end;
  return true;
}

/** `jsonb` has a version before its text. */
function encodeJson(to: Writer, value: NonNullable<Scalar>): boolean {
  if (typeof value !== 'string') return false;
  to.text(value, 1);
  return true;
}

const writer = new Writer();

/** The array in PostgreSQL's binary format; null where an element or the type has to go as text. */
export function binaryArray(type: string, values: readonly Scalar[]): Buffer | null {
  const element = TYPES.get(type);
  if (element === undefined) return null;
  writer.length = 0;
  writer.int32(values.length === 0 ? 0 : 1);
  writer.int32(values.includes(null) ? 1 : 0);
  writer.int32(element.oid);
  if (values.length > 0) {
    writer.int32(values.length);
    writer.int32(1);
  }
  for (const value of values) {
    if (value === null) writer.int32(-1);
    else if (!element.encode(writer, value)) return null;
  }
  return writer.copy();
}

/** The element types of a statement's array parameters by their place, as its casts name them: `$2::uuid[]`. */
export function arrayTypes(sql: string): readonly (string | undefined)[] {
  const types: (string | undefined)[] = [];
  for (const [, place, type] of sql.matchAll(/\$(\d+)::(\w+)\[\]/g)) types[Number(place) - 1] = type;
  return types;
}
