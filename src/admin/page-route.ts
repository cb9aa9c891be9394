// A page is a route: what it takes to see it, and the function from a request to an answer. The router does the rest.
import type { Permission } from '../domain/operator.ts';
import type { Refused } from '../domain/rejection.ts';
import type { ResumedSession } from '../operations/console/sessions.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { ConsoleContext } from './console-context.ts';
import type { Children } from './markup.ts';
import type { SentFile } from './sent-file.ts';

export interface PageRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What was sent with a POST. */
  readonly form: URLSearchParams;
  /** The file of a form that has one, where one was chosen. */
  readonly file: SentFile | null;
  readonly session: ResumedSession;
  /** The person as operations know him. */
  readonly acting: Acting;
  readonly csrf: string;
  /** Where the console is mounted, without a slash at the end: what every link begins with. */
  readonly base: string;
  readonly requestId: string;
}

export interface Page {
  readonly title: string;
  readonly status?: number;
  /** Which entry of the navigation this belongs to. */
  readonly at?: string;
  readonly searchFirst?: boolean;
  readonly body: Children;
}

/** Something else than a page: a picture, or a file to keep. */
export interface FileAnswer {
  readonly file: {
    readonly type: string;
    readonly content: string | Buffer;
    /** Under which name it is kept; null: shown in the page that asked for it. */
    readonly name: string | null;
    /** A content security policy of its own, for a page that brings its own style sheet. */
    readonly policy?: string;
  };
}

export type PageAnswer = Page | { readonly to: string } | FileAnswer | Refused;

export interface PageRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly permission: Permission;
  /** A form with a file of at most so many bytes. */
  readonly fileBytesMax?: number;
  /** Dangerous: needs a fresh proof of identity; where to go on after it, below the base. */
  readonly stepUp?: (request: Pick<PageRequest, 'params'>) => string;
  readonly answer: (context: ConsoleContext, request: PageRequest) => Promise<PageAnswer>;
}
