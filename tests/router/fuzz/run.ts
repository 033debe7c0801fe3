import { generate } from "./generate.ts";
import { concat, escaped, type WireRequest } from "./request.ts";
import { parseAnswers } from "./response.ts";
import { judge, serverError } from "./verdict.ts";

/** A run of the fuzzer against one router. */
export interface FuzzRun {
  readonly port: number;
  readonly seed: number;
  readonly count: number;
  /** Whether the router asks who is there. */
  readonly authorized: boolean;
  /** Called after every `every` requests, and waited for. */
  readonly every: number;
  onProgress(done: number): Promise<void>;
}

/** What came of it. */
export interface FuzzOutcome {
  /** Answers by status; `none` where the connection just ended, as it may for broken requests. */
  readonly statuses: ReadonlyMap<number | "none", number>;
  readonly connections: number;
}

/** Connections at a time. */
const WORKERS = 24;
/** Requests on one connection: a connection costs as much as several requests. */
const TRAIN = 12;
/** Far more than any answer takes, and more than the router's own time limits. */
const PATIENCE_MS = 20_000;

interface Numbered {
  readonly index: number;
  readonly request: WireRequest;
}

/**
 * Sends mutated requests, several at a time and several on a connection, and judges every answer.
 *
 * @throws {Error} with seed, index and bytes of the first request that is not answered as it must be
 */
export async function fuzz(run: FuzzRun): Promise<FuzzOutcome> {
  const statuses = new Map<number | "none", number>();
  const count = (status: number | "none") => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  let next = 0;
  let done = 0;
  let connections = 0;
  let progress = Promise.resolve();

  function answered(what: number | "none"): void {
    count(what);
    if (++done % run.every === 0) progress = progress.then(() => run.onProgress(done));
  }

  /** Sound requests that share a connection, or one broken request by itself. */
  function nextTrain(): Numbered[] {
    const train: Numbered[] = [];
    while (next < run.count && train.length < TRAIN) {
      const numbered = { index: next, request: generate(run.seed, next, run.authorized) };
      if (numbered.request.first && train.length > 0) break;
      next++;
      train.push(numbered);
      if (numbered.request.last || !numbered.request.wellFormed) break;
    }
    return train;
  }

  async function send(train: readonly Numbered[]): Promise<void> {
    connections++;
    const methods = train.map(({ request }) => request.method);
    const bytes = concat(train.map(({ request }) => request.bytes));
    const { received, timedOut } = await exchange(run.port, bytes, methods);
    const { responses, broken } = parseAnswers(received, methods);
    for (const [i, { index, request }] of train.entries()) {
      const response = responses[i];
      // The engine's own refusal overtakes the answers that are still due: no telling whose it is.
      const certain = train.length === 1 || response?.contentType !== undefined ||
        (response?.status ?? 0) < 400;
      if (response !== undefined && certain) {
        const complaint = judge(request, response);
        if (complaint !== undefined) throw failure(run, index, request, complaint);
        answered(response.status);
      } else if (train.length > 1) {
        // Nor is there an answer to what comes after a request that ends its connection.
        await send([{ index, request }]);
      } else {
        const why = broken ?? (timedOut ? "no answer in time" : "the connection just ended");
        throw failure(run, index, request, `${why}: ${received.slice(0, 300)}`);
      }
    }
  }

  /** A broken request may get any answer but a failure, or none; its connection must end. */
  async function sendBroken({ index, request }: Numbered): Promise<void> {
    connections++;
    const { received, timedOut } = await exchange(run.port, request.bytes);
    const error = timedOut ? "a half-closed connection stays open" : serverError(received);
    if (error !== undefined) throw failure(run, index, request, error);
    answered(Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? NaN) || "none");
  }

  async function work(): Promise<void> {
    for (let train = nextTrain(); train.length > 0; train = nextTrain()) {
      const [first] = train;
      if (first?.request.wellFormed === false) await sendBroken(first);
      else await send(train);
      await progress;
    }
  }

  const workers = Array.from({ length: WORKERS }, work);
  try {
    await Promise.all(workers);
  } finally {
    next = run.count;
    await Promise.allSettled(workers);
  }
  return { statuses, connections };
}

/**
 * Sends bytes and reads until all answers are there, or the connection ends.
 *
 * @param methods of the requests; without them the sending side is closed and all is read
 */
async function exchange(
  port: number,
  bytes: Uint8Array,
  methods?: readonly string[],
): Promise<{ received: string; timedOut: boolean }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const latin1 = new TextDecoder("latin1");
  let received = "";
  let timedOut = false;
  let open = true;
  const close = () => {
    if (open) connection.close();
    open = false;
  };
  const timer = setTimeout(() => {
    timedOut = true;
    close();
  }, PATIENCE_MS);
  const sending = (async () => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    if (methods === undefined) await connection.closeWrite();
    // A router that refuses may close while the rest is still being sent.
  })().catch(() => {});
  const buffer = new Uint8Array(64 * 1024);
  while (true) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) break;
    received += latin1.decode(buffer.subarray(0, length));
    if (methods === undefined) continue;
    const { responses, broken } = parseAnswers(received, methods);
    const endless = responses.length > 0 && responses.at(-1)!.body === undefined;
    if (responses.length === methods.length || endless || broken !== undefined) break;
  }
  clearTimeout(timer);
  close();
  await sending;
  return { received, timedOut };
}

function failure(
  { seed, authorized }: FuzzRun,
  index: number,
  { bytes }: WireRequest,
  what: string,
): Error {
  const router = authorized ? "with access control" : "open";
  return new Error(
    `request ${index} of seed ${seed} (${router}): ${what}\n${escaped(bytes)}`,
  );
}
