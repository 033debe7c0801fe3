import { Buffer } from "node:buffer";
import {
  Metadata,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Logger } from "../../contracts/logger.ts";
import { BATCH_HEADER, BATCH_VERSION, STREAM_HEADER } from "../proto/frame.ts";
import { type Claim, readClaim } from "../server/admission.ts";
import { type IdentityMode, identityProblem } from "../server/peer_identity.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

/** Who takes streams of `Process`: a hub, or a connector whose peers come to it. */
export interface ProcessHost<T extends Admitted> {
  readonly monitor: { refused(code: number): void };
  /**
   * Finds what a stream belongs to.
   *
   * @throws {Refusal}
   */
  admit(claim: Claim): Promise<T>;
  /** Connects it; the connection before this one, if any, is over. */
  attach(admitted: T, claim: Claim, wire: Wire): ProcessSession;
}

/** What a stream belongs to: it names what it numbers. */
export interface Admitted {
  readonly outbound: { readonly streamId: string };
}

/** One connection. */
export interface ProcessSession {
  receive(frame: Uint8Array): void;
  drainedWire(): void;
  close(): void;
}

/** How certificates and claims are held together. */
export interface ServiceOptions {
  readonly identity: IdentityMode | "none";
  readonly logger: Logger;
}

/** `HubService.Process` over a hub, or over a connector. */
export function hubService<T extends Admitted>(
  host: ProcessHost<T>,
  options: ServiceOptions,
): UntypedServiceImplementation {
  return { Process: (call: Call) => void serve(host, options, call) };
}

async function serve<T extends Admitted>(
  host: ProcessHost<T>,
  options: ServiceOptions,
  call: Call,
): Promise<void> {
  let session: ProcessSession | undefined;
  let over = false;
  // From the first moment: a call that breaks while it is admitted must not end the process.
  call.on("error", () => {
    over = true;
    session?.close();
  });
  call.on("cancelled", () => {
    over = true;
    session?.close();
  });
  try {
    const claim = readClaim((name) => {
      const value = call.metadata.get(name)[0];
      return value === undefined ? undefined : Buffer.from(value).toString();
    });
    checkIdentity(options, claim, call);
    const stream = await host.admit(claim);
    if (over) return;
    if (claim.batched) {
      const answer = new Metadata();
      answer.set(BATCH_HEADER, BATCH_VERSION);
      answer.set(STREAM_HEADER, stream.outbound.streamId);
      call.sendMetadata(answer);
    } else call.sendMetadata(new Metadata());
    session = host.attach(stream, claim, wireOf(call));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : undefined;
    if (refusal === undefined) {
      options.logger("ERROR", "a stream could not be opened", { err: error });
    }
    const code = refusal?.code ?? Code.unknown;
    host.monitor.refused(code);
    call.emit("error", { code, details: refusal?.message ?? "internal error" });
    return;
  }
  const opened = session;
  call.on("data", (frame: Uint8Array) => opened.receive(frame));
  call.on("drain", () => opened.drainedWire());
  call.on("end", () => {
    opened.close();
    call.end();
  });
}

function checkIdentity(
  { identity, logger }: ServiceOptions,
  claim: Parameters<typeof identityProblem>[1],
  call: Call,
): void {
  if (identity === "none") return;
  const certificate = call.getAuthContext().sslPeerCertificate;
  const problem = identityProblem(certificate?.subjectaltname, claim);
  if (problem === undefined) return;
  if (identity === "enforce") throw new Refusal(Code.permissionDenied, problem);
  logger("WARN", problem, { peer: call.getPeer(), names: certificate?.subjectaltname });
}

/** A server's call as a wire. */
export function wireOf(call: Call): Wire {
  let ended = false;
  return {
    write: (frame) => ended || call.write(frame),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end(code, details) {
      if (ended) return;
      ended = true;
      call.emit("error", { code, details });
    },
  };
}
