import { SAMPLE_RATE_HZ } from "./pcm.ts";

/** Sound read from a WAV file. */
export interface Wav {
  readonly rateHz: number;
  readonly channels: number;
  /** Samples of all channels, interleaved. Owned by the caller. */
  readonly samples: Int16Array;
}

/** A WAV file, understood or not. `problem` is a sentence for the person who chose the file. */
export type ParsedWav =
  | { readonly ok: true; readonly wav: Wav }
  | { readonly ok: false; readonly problem: string };

/** WAVE_FORMAT_PCM and WAVE_FORMAT_EXTENSIBLE of the RIFF registry. */
const FORMAT_PCM = 1;
const FORMAT_EXTENSIBLE = 0xfffe;

/**
 * Read a 16-bit PCM WAV file of any rate and number of channels.
 *
 * Unknown chunks are skipped. A data chunk whose size runs past the end of the file, as recorders leave behind
 * when they are killed and as programs write to a pipe, gives the samples that are there. Never throws.
 */
export function parseWav(bytes: Uint8Array): ParsedWav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") {
    return failed("This is not a WAV file: it does not begin with RIFF and WAVE.");
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const name = tag(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === "fmt ") {
      if (size < 16 || body + size > bytes.byteLength) return failed("The WAV header is cut short.");
      format = readFormat(view, body, size);
      const problem = problemOf(format);
      if (problem) return failed(problem);
    } else if (name === "data") {
      if (!format) return failed("The WAV file has sound before it says in which format.");
      const available = Math.min(size, bytes.byteLength - body);
      const whole = available - (available % (2 * format.channels));
      // Copy: the chunk may start at an odd offset, which Int16Array rejects. Not `slice`: a Buffer's shares memory.
      const samples = new Int16Array(new Uint8Array(bytes.subarray(body, body + whole)).buffer);
      return { ok: true, wav: { rateHz: format.rateHz, channels: format.channels, samples } };
    }
    at = body + size + (size & 1);
  }
  return failed("The WAV file has no sound in it: there is no data chunk.");
}

/** Average the channels of interleaved sound into one, rounded to the nearest sample. */
export function toMono(wav: Wav): Int16Array {
  if (wav.channels === 1) return wav.samples;
  const mono = new Int16Array(Math.floor(wav.samples.length / wav.channels));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < wav.channels; channel++)
      sum += wav.samples[i * wav.channels + channel] ?? 0;
    mono[i] = Math.round(sum / wav.channels);
  }
  return mono;
}

/**
 * Write mono 16-bit PCM as a WAV file.
 *
 * @throws {RangeError} when the sound is longer than the 4 GiB a WAV file can hold.
 */
export function encodeWav(samples: Int16Array, rateHz: number = SAMPLE_RATE_HZ): Uint8Array {
  if (samples.byteLength > 0xffff_ffff - 36) throw new RangeError("too long for a WAV file");
  const bytes = new Uint8Array(44 + samples.byteLength);
  const view = new DataView(bytes.buffer);
  putTag(bytes, 0, "RIFF");
  view.setUint32(4, 36 + samples.byteLength, true);
  putTag(bytes, 8, "WAVE");
  putTag(bytes, 12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  putTag(bytes, 36, "data");
  view.setUint32(40, samples.byteLength, true);
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), 44);
  return bytes;
}

interface Format {
  readonly encoding: number;
  readonly channels: number;
  readonly rateHz: number;
  readonly bits: number;
}

function readFormat(view: DataView, at: number, size: number): Format {
  const encoding = view.getUint16(at, true);
  return {
    // WAVE_FORMAT_EXTENSIBLE keeps the real encoding in the first two bytes of its sub-format.
    encoding: encoding === FORMAT_EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : encoding,
    channels: view.getUint16(at + 2, true),
    rateHz: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function problemOf(format: Format): string | undefined {
  if (format.encoding !== FORMAT_PCM) {
    return `The WAV file is compressed or floating point (format ${format.encoding}); convert it to 16-bit PCM.`;
  }
  if (format.bits !== 16) return `The WAV file has ${format.bits}-bit samples; convert it to 16-bit PCM.`;
  if (format.channels === 0) return "The WAV file says it has no channels.";
  if (format.rateHz === 0) return "The WAV file says it has a sample rate of 0.";
  return undefined;
}

function failed(problem: string): ParsedWav {
  return { ok: false, problem };
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function putTag(bytes: Uint8Array, at: number, name: string): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = name.charCodeAt(i);
}
