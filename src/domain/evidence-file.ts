// A file that proves something is kept as it came, so what it is must be known: its name, the type it is sent as and its
// first bytes have to say the same.
import { refusedText } from './free-text.ts';
import { refuse, type Refused } from './rejection.ts';

export const EVIDENCE_BYTES_MAX = 10_000_000;
const NAME_LENGTH_MAX = 200;

const TYPES = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  csv: 'text/csv',
  txt: 'text/plain',
  eml: 'message/rfc822',
} as const;
type Extension = keyof typeof TYPES;
type EvidenceType = (typeof TYPES)[Extension];

/** The types that are kept, for a form's file field. */
export const EVIDENCE_EXTENSIONS = Object.keys(TYPES).map((extension) => `.${extension}`);

/** What such a file begins with (PDF 2.0 §7.5.2, PNG §5.2, JPEG B.1.1.3). */
const SIGNATURES: Readonly<Partial<Record<EvidenceType, readonly number[]>>> = {
  'application/pdf': [0x25, 0x50, 0x44, 0x46, 0x2d],
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
};

/** What a sender says that the file is. */
export interface ClaimedFile {
  readonly name: string;
  /** Null where the sender says nothing beyond the name. */
  readonly type: string | null;
}

export function tooLarge(): Refused {
  return refuse(
    'evidence_too_large',
    `an evidence file has at most ${EVIDENCE_BYTES_MAX} bytes; nothing was stored. Send a smaller one`,
  );
}

/** The type of a file whose name, claim and content agree; otherwise what does not. */
export function evidenceType(claimed: ClaimedFile, content: Uint8Array): EvidenceType | Refused {
  const { name } = claimed;
  const refusal = refusedText(name, 'name', NAME_LENGTH_MAX);
  if (refusal !== null) return refusal;
  if (/[/\\]/.test(name)) return refuse('invalid_request', 'name is a file name, not a path', { param: 'name' });
  const extension = /\.([a-z]{3,4})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (!isExtension(extension)) {
    return mismatch(`${name} is of no kind that is kept; these are: ${EVIDENCE_EXTENSIONS.join(' ')}`);
  }
  const type = TYPES[extension];
  const said = claimed.type?.split(';')[0]?.trim().toLowerCase() ?? type;
  if (said !== type && said !== 'application/octet-stream') {
    return mismatch(`${name} is sent as ${said}, and a .${extension} file is ${type}`);
  }
  if (content.length > EVIDENCE_BYTES_MAX) return tooLarge();
  if (content.length === 0) return mismatch(`${name} is empty`);
  const found = signed(content) ?? textOf(content, type);
  return found === type
    ? type
    : mismatch(`${name} claims to be ${type} and its content is ${found ?? 'something else'}`);
}

function mismatch(sentence: string): Refused {
  return refuse('evidence_mismatch', `${sentence}. Nothing was stored`, { param: 'name' });
}

function isExtension(text: string): text is Extension {
  return text in TYPES;
}

function signed(content: Uint8Array): EvidenceType | null {
  const found = Object.entries(SIGNATURES).find(([, bytes]) => bytes.every((byte, at) => content[at] === byte));
  return (found?.[0] as EvidenceType | undefined) ?? null;
}

const HEAD_BYTES = 64_000;

/** Text has no control characters but white space, in whatever character set; then its first lines say which kind it is. */
function textOf(content: Uint8Array, wanted: EvidenceType): EvidenceType | null {
  if (content.some(isControl)) return null;
  let head = '';
  for (const byte of content.subarray(0, HEAD_BYTES)) head += String.fromCharCode(byte);
  const [firstLine = ''] = head.split(/\r?\n/);
  if (wanted === 'message/rfc822') return isMail(head) ? wanted : 'text/plain';
  if (wanted === 'text/csv') return /[,;\t]/.test(firstLine) ? wanted : 'text/plain';
  return 'text/plain';
}

function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

/** Header fields down to the first empty line, with a sender among them (RFC 5322 §3.6). */
function isMail(head: string): boolean {
  const [fields = ''] = head.split(/\r?\n\r?\n/);
  const lines = fields.split(/\r?\n/);
  return lines.every((line) => /^(?:[\x21-\x39\x3b-\x7e]+:|[ \t])/.test(line)) && /^from:/im.test(fields);
}
