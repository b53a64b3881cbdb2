import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What a scripted server answers; `undefined` body for none, `hang` to say nothing, `reset` to break the connection. */
export type Answer =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  | "hang"
  | "reset";

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A local HTTP server for failures that a real MLflow server can't be made to show. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #answer: (request: SeenRequest, index: number) => Answer | Promise<Answer>;
  uri = "";

  private constructor(answer: (request: SeenRequest, index: number) => Answer | Promise<Answer>) {
    this.#answer = answer;
  }

  static async start(
    answer: (request: SeenRequest, index: number) => Answer | Promise<Answer>,
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(answer);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    const address = server.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    server.uri = `http://127.0.0.1:${address.port}`;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.requests.push(request);
    const answer = await this.#answer(request, this.requests.length - 1);
    if (answer === "hang") return;
    if (answer === "reset") {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "Content-Type": "application/json", ...answer.headers });
    response.end(answer.text ?? JSON.stringify(answer.json ?? {}));
  }
}

/** A connection without waits between tries. */
export function quickConnection(uri: string, different: { timeoutMs?: number; maxRetries?: number } = {}) {
  const { timeoutMs = 5000, maxRetries = 3 } = different;
  return { baseUrl: uri, headers: {}, timeoutMs, backoff: { maxRetries, delayMs: 1, maxDelayMs: 5 } };
}
