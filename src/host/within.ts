// A time limit of our own on what the database decides: a connection that hangs says nothing for as long as it likes.

interface TooLate<Result> {
  /** What came after nobody waited for it any more. */
  readonly done: (result: Result) => Promise<unknown>;
  readonly failed: (error: unknown) => void;
}

/** What was asked, if it comes in time; else throws as a database does that does not answer. */
export async function within<Result>(ms: number, asked: Promise<Result>, tooLate: TooLate<Result>): Promise<Result> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    limit.reject(Object.assign(new Error(`nothing was decided within ${ms} ms`), { code: 'ETIMEDOUT' }));
    asked.then(tooLate.done).catch(tooLate.failed);
  }, ms);
  try {
    return await Promise.race([asked, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
