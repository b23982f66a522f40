/** What a program says when it is ready; `hearth serve --json` says more. */
export interface Ready {
  readonly ready: true;
  readonly http: string;
}

/** The least that a program on Bun can do to be ready: listen, and say so. */
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("empty") });
console.log(JSON.stringify({ ready: true, http: server.url.href } satisfies Ready));
