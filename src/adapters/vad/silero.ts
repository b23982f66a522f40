import { sherpaLibraries, sileroModel } from "#adapters/native/native-files.ts";
import { floatTensor, loadOnnxModel, longTensor } from "#adapters/native/onnx-runtime.ts";
import { EngineError } from "#core/faults.ts";
import type { VoiceActivity, VoiceActivityStream } from "#ports/voice-activity.ts";

const NAME = "silero";
/** Samples the model judges at once at 16 kHz: 32 ms. */
const WINDOW = 512;
/** Samples of the window before that the model wants in front (snakers4/silero-vad, utils_vad.py, v5 and v6). */
const CONTEXT = 64;
/**
 * Windows after a start, 192 ms, in which a low score means nothing.
 *
 * Started in the middle of speech the model gives as little as 0.22 until its fourth window and is settled by the
 * sixth. A score of speech is believed at once.
 */
const WARM_UP_WINDOWS = 6;
/** Silero's own default threshold for speech. */
const SPEECH = 0.5;

/** Where the engine may keep its extracted files. */
export interface SileroOptions {
  readonly cacheDir: string;
}

/**
 * Silero VAD v5 on ONNX Runtime: a true probability for every 32 ms.
 *
 * One model serves all streams; a stream holds about 4 KB. Frames may have any length; at most one score is
 * returned per push, the latest.
 *
 * @throws {EngineError} `unavailable` when the runtime or the model cannot be loaded.
 */
export async function sileroVad({ cacheDir }: SileroOptions): Promise<VoiceActivity> {
  const { onnxRuntime } = await sherpaLibraries(NAME, cacheDir);
  const model = loadOnnxModel(NAME, onnxRuntime, await sileroModel(NAME, cacheDir));

  function open(): VoiceActivityStream {
    const input = floatTensor("input", [1, CONTEXT + WINDOW]);
    const state = floatTensor("state", [2, 1, 128]);
    const rate = longTensor("sr", []);
    const score = floatTensor("output", [1, 1]);
    const nextState = floatTensor("stateN", [2, 1, 128]);
    rate.data[0] = 16_000n;
    const bound = model.bind([input, state, rate], [score, nextState]);
    let filled = 0;
    let windows = 0;
    let closed = false;

    function judge(): number | undefined {
      bound.run();
      state.data.set(nextState.data);
      input.data.copyWithin(0, WINDOW, WINDOW + CONTEXT);
      windows += 1;
      const probability = score.data[0] ?? 0;
      return windows <= WARM_UP_WINDOWS && probability < SPEECH ? undefined : probability;
    }

    return {
      push(frame) {
        if (closed) throw new EngineError(NAME, "rejected", "the stream is closed");
        let latest: number | undefined;
        for (let i = 0; i < frame.length; i++) {
          input.data[CONTEXT + filled] = (frame[i] ?? 0) / 32_768;
          filled += 1;
          if (filled < WINDOW) continue;
          filled = 0;
          latest = judge();
        }
        return latest;
      },
      reset() {
        input.data.fill(0);
        state.data.fill(0);
        filled = 0;
        windows = 0;
      },
      [Symbol.dispose]() {
        if (closed) return;
        closed = true;
        bound[Symbol.dispose]();
      },
    };
  }

  return { name: NAME, open, [Symbol.dispose]: () => model[Symbol.dispose]() };
}
