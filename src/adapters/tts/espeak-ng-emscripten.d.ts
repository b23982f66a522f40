// The package has no types. What is declared is what Hearth uses of version 0.3.5.
declare module "@echogarden/espeak-ng-emscripten" {
  interface EspeakWorker {
    readonly samplerate: number;
    list_voices(): readonly {
      readonly name: string;
      readonly identifier: string;
      readonly languages: readonly { readonly priority: number; readonly name: string }[];
    }[];
    /** 0 when the voice is there. */
    set_voice(name: string): number;
    /** Calls back with audio on this stack, about 100 ms at a time; returning true stops. Reads SSML. */
    synthesize(text: string, callback: (audio: Int16Array, events: readonly unknown[]) => boolean): void;
  }
  interface EspeakModule {
    readonly eSpeakNGWorker: new () => EspeakWorker;
  }
  const initialise: (options: {
    readonly getPreloadedPackage: () => ArrayBuffer;
    readonly print: (line: string) => void;
    readonly printErr: (line: string) => void;
  }) => Promise<EspeakModule>;
  // biome-ignore lint/style/noDefaultExport: it is what the package exports.
  export default initialise;
}
