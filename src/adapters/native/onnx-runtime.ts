/**
 * ONNX Runtime through its C interface.
 *
 * sherpa-onnx ships libonnxruntime.so; calling it directly gives what sherpa's wrapper hides (the probability of
 * a voice-activity window) without a second copy of the runtime. Functions are found by their place in `OrtApi`,
 * which only ever grows at its end ("DO NOT MODIFY", core/session/onnxruntime_c_api.cc); the places below are
 * those of its version 1 and hold for every later one.
 */
import { CFunction, CString, dlopen, type Pointer, ptr, read } from "bun:ffi";
import { EngineError } from "#core/faults.ts";

/** Version of the interface asked for; ONNX Runtime answers every version up to its own. */
const ORT_API_VERSION = 1;

const PLACE = {
  getErrorMessage: 2,
  createEnv: 3,
  createSession: 7,
  run: 9,
  createSessionOptions: 10,
  setIntraOpNumThreads: 24,
  setInterOpNumThreads: 25,
  createTensorWithData: 49,
  createCpuMemoryInfo: 69,
  releaseStatus: 93,
  releaseSession: 95,
  releaseValue: 96,
  releaseSessionOptions: 100,
} as const;

/** ORT_LOGGING_LEVEL_ERROR: warnings about a model's own quirks are nobody's to act on. */
const LOG_ERRORS = 3;
const ORT_DEVICE_ALLOCATOR = 0;
const ORT_MEM_TYPE_DEFAULT = 0;

/** ONNXTensorElementDataType. */
const ELEMENT = { float32: 1, int64: 7 } as const;

/** A tensor whose memory we own: fill or read `data` between runs. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** Memory that a native library may keep the address of: an ArrayBuffer of its own never moves. */
export function floatTensor(name: string, shape: readonly number[]): Tensor & { data: Float32Array } {
  const size = shape.reduce((product, length) => product * length, 1);
  return { name, shape, data: new Float32Array(new ArrayBuffer(size * 4)) };
}

/** As `floatTensor`, of 64-bit integers. */
export function longTensor(name: string, shape: readonly number[]): Tensor & { data: BigInt64Array } {
  const size = shape.reduce((product, length) => product * length, 1);
  return { name, shape, data: new BigInt64Array(new ArrayBuffer(size * 8)) };
}

/** A model bound to fixed inputs and outputs. */
interface BoundModel extends Disposable {
  /**
   * Compute the outputs from the inputs, on this thread.
   *
   * @throws {EngineError} `protocol` when the model refuses its inputs.
   */
  run(): void;
}

/** A model in memory, shared by everything bound to it. */
export interface OnnxModel extends Disposable {
  /** Tie the model to tensors of fixed shape, which `run` then reads and writes without allocating. */
  bind(inputs: readonly Tensor[], outputs: readonly Tensor[]): BoundModel;
}

/**
 * Load a model for one thread of computing.
 *
 * `library` is the path of libonnxruntime.so. A file that is no model is refused; a model made to crash the
 * runtime can crash this process.
 *
 * @throws {EngineError} `unavailable` when the library or the model cannot be loaded.
 */
export function loadOnnxModel(engine: string, library: string, modelPath: string): OnnxModel {
  const api = openApi(engine, library);
  const pin: unknown[] = [];
  const text = (value: string) => {
    const bytes = Buffer.from(`${value}\0`);
    pin.push(bytes);
    return ptr(bytes);
  };
  const created = (make: (out: Pointer) => unknown): Pointer => {
    const out = new BigUint64Array(new ArrayBuffer(8));
    api.check(make(ptr(out)), "unavailable");
    return Number(out[0]) as Pointer;
  };

  const env = created((out) => api.createEnv(LOG_ERRORS, text("hearth"), out));
  const options = created((out) => api.createSessionOptions(out));
  api.check(api.setIntraOpNumThreads(options, 1), "unavailable");
  api.check(api.setInterOpNumThreads(options, 1), "unavailable");
  const session = created((out) => api.createSession(env, text(modelPath), options, out));
  api.releaseSessionOptions(options);
  const memory = created((out) => api.createCpuMemoryInfo(ORT_DEVICE_ALLOCATOR, ORT_MEM_TYPE_DEFAULT, out));

  function value(tensor: Tensor): Pointer {
    // A scalar has no lengths, yet the address of its empty list must be one.
    const shape = BigInt64Array.from([...tensor.shape, 0], BigInt);
    const type = tensor.data instanceof Float32Array ? ELEMENT.float32 : ELEMENT.int64;
    const { byteLength } = tensor.data;
    return created((out) =>
      api.createTensorWithData(
        memory,
        ptr(tensor.data),
        BigInt(byteLength),
        ptr(shape),
        BigInt(tensor.shape.length),
        type,
        out,
      ),
    );
  }

  return {
    bind(inputs, outputs) {
      const names = [inputs, outputs].map((tensors) =>
        BigUint64Array.from(tensors, (tensor) => BigInt(text(tensor.name))),
      );
      const values = [inputs, outputs].map((tensors) =>
        BigUint64Array.from(tensors, (tensor) => BigInt(value(tensor))),
      );
      // The runtime keeps addresses into these: they live as long as the closure below.
      const kept = { inputs, outputs, names, values, pin };
      const arrays = [names[0], values[0], names[1], values[1]].map((array) => address(array));
      return {
        run() {
          const status = api.run(
            session,
            null,
            arrays[0],
            arrays[1],
            BigInt(kept.inputs.length),
            arrays[2],
            BigInt(kept.outputs.length),
            arrays[3],
          );
          api.check(status, "protocol");
        },
        [Symbol.dispose]() {
          for (const array of kept.values) {
            for (const one of array) api.releaseValue(Number(one) as Pointer);
            array.fill(0n);
          }
        },
      };
    },
    [Symbol.dispose]() {
      api.releaseSession(session);
    },
  };
}

function address(array: BigUint64Array | undefined): Pointer {
  if (!array) throw new Error("no such array");
  return ptr(array);
}

function openApi(engine: string, library: string) {
  const unavailable = (detail: string, cause?: unknown) =>
    new EngineError(engine, "unavailable", detail, cause === undefined ? {} : { cause });
  let base: Pointer;
  try {
    const { symbols } = dlopen(library, { OrtGetApiBase: { args: [], returns: "ptr" } });
    base = Number(symbols.OrtGetApiBase()) as Pointer;
  } catch (cause) {
    throw unavailable("ONNX Runtime cannot be loaded", cause);
  }
  const getApi = CFunction({ ptr: read.ptr(base, 0) as Pointer, args: ["u32"], returns: "ptr" });
  const table: Pointer | null = getApi(ORT_API_VERSION);
  if (table === null) throw unavailable("ONNX Runtime is too old");

  const at = (place: number) => read.ptr(table, place * 8) as Pointer;
  const fallible = (place: number, args: ("ptr" | "u64" | "i32")[]) =>
    CFunction({ ptr: at(place), args, returns: "ptr" });
  const release = (place: number) => CFunction({ ptr: at(place), args: ["ptr"], returns: "void" });
  const getErrorMessage = CFunction({ ptr: at(PLACE.getErrorMessage), args: ["ptr"], returns: "ptr" });
  const releaseStatus = release(PLACE.releaseStatus);

  return {
    createEnv: fallible(PLACE.createEnv, ["i32", "ptr", "ptr"]),
    createSession: fallible(PLACE.createSession, ["ptr", "ptr", "ptr", "ptr"]),
    run: fallible(PLACE.run, ["ptr", "ptr", "ptr", "ptr", "u64", "ptr", "u64", "ptr"]),
    createSessionOptions: fallible(PLACE.createSessionOptions, ["ptr"]),
    setIntraOpNumThreads: fallible(PLACE.setIntraOpNumThreads, ["ptr", "i32"]),
    setInterOpNumThreads: fallible(PLACE.setInterOpNumThreads, ["ptr", "i32"]),
    createTensorWithData: fallible(PLACE.createTensorWithData, [
      "ptr",
      "ptr",
      "u64",
      "ptr",
      "u64",
      "i32",
      "ptr",
    ]),
    createCpuMemoryInfo: fallible(PLACE.createCpuMemoryInfo, ["i32", "i32", "ptr"]),
    releaseSession: release(PLACE.releaseSession),
    releaseValue: release(PLACE.releaseValue),
    releaseSessionOptions: release(PLACE.releaseSessionOptions),
    /** A status that is not null is an error: take its words, free it, throw. */
    check(status: unknown, fault: "unavailable" | "protocol"): void {
      if (status === null || status === 0) return;
      const message = new CString(getErrorMessage(status)).toString();
      releaseStatus(status);
      throw new EngineError(engine, fault, message);
    },
  };
}
