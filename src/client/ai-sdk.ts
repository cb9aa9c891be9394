// A middleware for the Vercel AI SDK, by the shape of it: this package does not need theirs.
import { type Meter, type Metering, openMeter, type Quantities } from './metered.ts';

interface Usage {
  readonly inputTokens: { readonly total: number | undefined };
  readonly outputTokens: { readonly total: number | undefined };
}

interface Params {
  readonly abortSignal?: AbortSignal | undefined;
  readonly maxOutputTokens?: number | undefined;
}

interface Wrapped {
  readonly params: Params;
}

export interface ModelMetering extends Omit<Metering, 'hold'> {
  /** What to reserve for a call; sees its parameters. */
  readonly hold: (params: Params) => Metering['hold'];
  /** How tokens are called in the burn table; default input_tokens and output_tokens. */
  readonly quantities?: (usage: Usage) => Quantities;
}

type Part = { readonly type: string; readonly usage?: Usage };

/**
 * Holds credits before the model is called, captures the tokens that it reports, releases when the call fails, is
 * aborted, or its stream is left: `wrapLanguageModel({ model, middleware: meterModel({ … }) })`.
 */
export function meterModel({ hold, quantities = tokensOf, ...metering }: ModelMetering) {
  const open = async (params: Params): Promise<Meter> => openMeter({ ...metering, hold: hold(params) });
  return {
    specificationVersion: 'v4' as const,
    wrapGenerate: async <Result extends { readonly usage: Usage }>({
      doGenerate,
      params,
    }: Wrapped & { readonly doGenerate: () => PromiseLike<Result> }): Promise<Result> => {
      const meter = await open(params);
      let result: Result;
      try {
        result = await doGenerate();
      } catch (error) {
        await meter.release();
        throw error;
      }
      await meter.capture(quantities(result.usage));
      return result;
    },
    wrapStream: async <
      StreamPart extends { readonly type: string },
      Result extends { stream: ReadableStream<StreamPart> },
    >({
      doStream,
      params,
    }: Wrapped & { readonly doStream: () => PromiseLike<Result> }): Promise<Result> => {
      const meter = await open(params);
      try {
        const result = await doStream();
        return { ...result, stream: settling(result.stream, meter, { quantities, signal: params.abortSignal }) };
      } catch (error) {
        await meter.release();
        throw error;
      }
    },
  };
}

function tokensOf({ inputTokens, outputTokens }: Usage): Quantities {
  return { input_tokens: inputTokens.total ?? 0, output_tokens: outputTokens.total ?? 0 };
}

/** The same parts; at the one that says what was used the hold is captured, before the reader sees the end. */
function settling<StreamPart extends { readonly type: string }>(
  stream: ReadableStream<StreamPart>,
  meter: Meter,
  {
    quantities,
    signal,
  }: { readonly quantities: (usage: Usage) => Quantities; readonly signal: AbortSignal | undefined },
): ReadableStream<StreamPart> {
  const reader = stream.getReader();
  return new ReadableStream<StreamPart>({
    start: (controller) => {
      const fail = (reason: unknown): void => controller.error(reason);
      signal?.addEventListener('abort', () => void meter.release().then(() => fail(signal.reason), fail), {
        once: true,
      });
    },
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) {
          // An end that was not announced: nobody said what was used.
          await meter.release();
          controller.close();
          return;
        }
        const { type, usage }: Part = value;
        if (type === 'finish' && usage !== undefined) await meter.capture(quantities(usage));
        controller.enqueue(value);
      } catch (error) {
        await meter.release();
        controller.error(error);
      }
    },
    cancel: async (reason) => {
      await Promise.all([meter.release(), reader.cancel(reason)]);
    },
  });
}
