/** What the hub says when something did not work. One short sentence each, and what to do where there is something. */
export type Failure = "not-understood" | "no-answer" | "too-slow" | "hearing";

const SENTENCES: Readonly<Record<Failure, string>> = {
  "not-understood": "Sorry, I didn't catch that.",
  "no-answer": "Sorry, I had trouble with that. Please try again.",
  "too-slow": "Sorry, that took too long. Please try again.",
  hearing: "Sorry, I can't hear properly right now. Please try again in a moment.",
};

/** The sentence for a failure. */
export function apology(failure: Failure): string {
  return SENTENCES[failure];
}
