/**
 * Files inside the compiled executable.
 *
 * The build embeds them by naming them as further entry points of `bun build --compile`, with their file types
 * set to the `file` loader. For target linux-<arch>:
 *
 *     bun build --compile … src/main.ts \
 *       node_modules/sherpa-onnx-linux-<arch>/sherpa-onnx.node \
 *       node_modules/sherpa-onnx-linux-<arch>/libsherpa-onnx-c-api.so \
 *       node_modules/sherpa-onnx-linux-<arch>/libonnxruntime.so \
 *       node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx \
 *       node_modules/@echogarden/espeak-ng-emscripten/espeak-ng.data \
 *       --loader .node:file --loader .so:file --loader .onnx:file --loader .data:file
 *
 * Nothing else depends on the target: which machine the files are for is decided by what the build lists. Names
 * may carry the bundler's hash (`name-1a2b3c4d.so`, its default) or not (`--asset-naming=[name].[ext]`).
 */

/** One embedded file. */
export interface EmbeddedFile {
  /** The name it had before it was embedded. */
  readonly name: string;
  readonly contents: Blob;
}

/** The embedded file of that name; undefined when running from source, or when the build left it out. */
export function embeddedFile(name: string): EmbeddedFile | undefined {
  const dot = name.lastIndexOf(".");
  const [stem, extension] = [name.slice(0, dot), name.slice(dot)];
  for (const contents of Bun.embeddedFiles) {
    // Bun 1.4: the blobs carry their path in the bundle, which the types do not say.
    const path = "name" in contents && typeof contents.name === "string" ? contents.name : "";
    const base = path.slice(path.lastIndexOf("/") + 1);
    if (base === name) return { name, contents };
    const middle = base.slice(stem.length, -extension.length);
    if (base.startsWith(stem) && base.endsWith(extension) && /^-[0-9a-z]{8}$/.test(middle)) {
      return { name, contents };
    }
  }
  return undefined;
}
