// Mail to the owner: through the SMTP server that is set, in a sandbox into a folder, else not at all.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createTransport } from 'nodemailer';

export interface Letter {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends a letter; throws when the server does not take it. Null: there is nobody to send it. */
export type SendMail = ((letter: Letter) => Promise<void>) | null;

export interface MailSettings {
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** Where a sandbox keeps letters instead of sending them. */
  readonly folder: string | null;
}

/** How mail leaves this deployment. */
export function createMail({ smtpUrl, from, folder }: MailSettings): SendMail {
  if (smtpUrl !== undefined) {
    const transport = createTransport(smtpUrl, { from });
    return async ({ id, to, subject, text }) => {
      await transport.sendMail({ to, subject, text, messageId: `<${id}@creditpool>` });
    };
  }
  if (folder === null) return null;
  return async ({ id, to, subject, text }) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${id}.txt`), `From: ${from}\nTo: ${to}\nSubject: ${subject}\n\n${text}\n`);
  };
}
