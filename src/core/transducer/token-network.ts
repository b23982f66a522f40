/** Nodes of a grammar that is written out as tokens. */

/** One arc that hears a token; `word` is told when it completes one. */
export interface TokenArc {
  readonly token: number;
  readonly next: number;
  readonly word: string | undefined;
}

export type TokenNode =
  /** Hears one of `arcs`, or goes on at `end` where something is complete here. */
  | { readonly op: "branch"; readonly arcs: TokenArc[]; end: number | undefined }
  /** Hears any token that begins a word, or any that does not. */
  | { readonly op: "free"; readonly begins: boolean; readonly next: number }
  | { readonly op: "split"; next: readonly number[] }
  | { readonly op: "call"; readonly rule: string; readonly next: number }
  | { readonly op: "return" }
  | { readonly op: "slot-start" | "slot-end"; readonly name: string; readonly next: number }
  /** The command is complete; what follows is politeness. */
  | { readonly op: "complete"; readonly next: number }
  | { readonly op: "accept"; readonly intent: string };
