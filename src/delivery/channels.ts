// The ways out, put together once.
import { createMail, type MailSettings, type SendMail } from './mail.ts';
import { createPost, type Post } from './post.ts';
import { refusedUrl } from './public-address.ts';
import { createSeal, newSecret, type Seal } from './secrets.ts';

export interface Ways {
  readonly post: Post;
  readonly mail: SendMail;
  readonly seal: Seal;
  readonly newSecret: () => string;
  readonly refusedUrl: (url: string) => string | null;
}

export interface WaysSettings {
  /** A sandbox may speak http, and to its own machine. */
  readonly isSandbox: boolean;
  /** What the key of sealed secrets is derived from. */
  readonly pepper: string;
  readonly mail: MailSettings;
}

/** How webhooks and mail leave this deployment. */
export function openWays({ isSandbox, pepper, mail }: WaysSettings): Ways {
  return {
    post: createPost({ isSandbox }),
    mail: createMail(mail),
    seal: createSeal(pepper),
    newSecret,
    refusedUrl: (url) => refusedUrl(url, { isSandbox }),
  };
}
