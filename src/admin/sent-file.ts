// A form with a file in it: its text fields become the form, the file stands beside it. Read by the platform's own parser.
import express, { type Request, type RequestHandler, type Response } from 'express';

/** The file of a form. */
export interface SentFile {
  readonly name: string;
  /** As the browser says; null where it does not know. */
  readonly type: string | null;
  readonly content: Buffer;
}

/** Fields and the edges of the parts come on top of the file. */
const FIELDS_BYTES_MAX = 64_000;

/** Reads forms with a file of at most so many bytes, of those who may send them; others' bytes are not taken in. */
export function readFileForm(
  bytesMax: number,
  maySend: (request: Request, response: Response) => Promise<boolean>,
): RequestHandler {
  const read = express.raw({ type: 'multipart/form-data', limit: bytesMax + FIELDS_BYTES_MAX });
  return async (request, response, next) => {
    if (!(await maySend(request, response))) {
      next();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
    const whole: unknown = request.body;
    if (Buffer.isBuffer(whole)) {
      const { fields, file } = await partsOf(whole, request.get('content-type') ?? '');
      request.body = fields.toString();
      response.locals['file'] = file;
    }
    next();
  };
}

/** What is no form of several parts has no fields, and so nothing that proves where it comes from. */
async function partsOf(
  whole: Buffer,
  contentType: string,
): Promise<{ readonly fields: URLSearchParams; readonly file: SentFile | null }> {
  const fields = new URLSearchParams();
  let file: SentFile | null = null;
  try {
    const headers = { 'content-type': contentType };
    for (const [name, value] of await new globalThis.Response(new Uint8Array(whole), { headers }).formData()) {
      if (typeof value === 'string') fields.append(name, value);
      else if (value.name !== '' || value.size > 0) {
        file = { name: value.name, type: value.type || null, content: Buffer.from(await value.arrayBuffer()) };
      }
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { fields: new URLSearchParams(), file: null };
  }
  return { fields, file };
}

/** What `readFileForm` has put aside; null where no file was chosen. */
export function fileOf(response: Response): SentFile | null {
  return (response.locals['file'] as SentFile | null | undefined) ?? null;
}
