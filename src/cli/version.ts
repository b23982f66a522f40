import manifest from "#package.json" with { type: "json" };

/** Hearth's version, as package.json states it. */
export const VERSION: string = manifest.version;
