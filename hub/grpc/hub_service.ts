import type { Logger } from "../../contracts/logger.ts";
import type { StreamPlacement } from "../placement/stream_placement.ts";
import { BATCH_HEADER, BATCH_VERSION, STREAM_HEADER } from "../proto/frame.ts";
import { type Claim, readClaim } from "../server/admission.ts";
import { hubProblem, type IdentityMode, identityProblem } from "../server/peer_identity.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";
import type { Relay } from "./relay.ts";
import type { ServerCall } from "./server_call.ts";

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
  /** Further headers of the answer; asked for right before it is connected. */
  greet?(admitted: T, claim: Claim): Readonly<Record<string, string>>;
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
  /** Where several hubs share the work; without it every stream is taken here. */
  readonly placement?: {
    readonly streams: StreamPlacement;
    readonly relay: Relay;
    /** Tells the hub that had the run before that it is here. */
    readonly tellFormer: (claim: Claim, call: ServerCall) => void;
    /** `subjectaltname` of this hub's own certificate. */
    readonly ownNames: () => string | undefined;
  };
}

/** `HubService.Process` over a hub, or over a connector. */
export async function serveProcess<T extends Admitted>(
  host: ProcessHost<T>,
  options: ServiceOptions,
  call: ServerCall,
): Promise<void> {
  try {
    const claim = readClaim((name) => call.header(name));
    checkIdentity(options, claim, call);
    const { placement } = options;
    const elsewhere = await placement?.streams.place(claim);
    if (elsewhere !== undefined) return placement?.relay.pass(call, elsewhere);
    const stream = await host.admit(claim);
    placement?.streams.confirm(claim);
    placement?.tellFormer(claim, call);
    open(host, stream, claim, call);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : undefined;
    if (refusal === undefined) {
      options.logger("ERROR", "a stream could not be opened", { err: error });
    }
    const code = refusal?.code ?? Code.unknown;
    host.monitor.refused(code);
    call.end(code, refusal?.message ?? "internal error", refusal?.owner);
  }
}

function open<T extends Admitted>(
  host: ProcessHost<T>,
  stream: T,
  claim: Claim,
  call: ServerCall,
): void {
  const headers = claim.batched
    ? {
      [BATCH_HEADER]: BATCH_VERSION,
      [STREAM_HEADER]: stream.outbound.streamId,
      ...host.greet?.(stream, claim),
    }
    : {};
  const accepted = call.accept(headers, {
    message: (frame) => session.receive(frame),
    drained: () => session.drainedWire(),
    ended() {
      session.close();
      call.end(Code.ok, "");
    },
    closed: () => session.close(),
  });
  if (!accepted) return;
  const session = host.attach(stream, claim, call);
}

function checkIdentity(
  { identity, logger, placement }: ServiceOptions,
  claim: Claim,
  call: ServerCall,
): void {
  if (identity === "none") return;
  const { address, names } = call.client;
  const problem = claim.relayed && placement !== undefined
    ? hubProblem(names, placement.ownNames())
    : identityProblem(names, claim);
  if (problem === undefined) return;
  // Nobody but a hub may take a run away, however lax it is with streams.
  if (identity === "enforce" || claim.taken !== undefined) {
    throw new Refusal(Code.permissionDenied, problem);
  }
  logger("WARN", problem, { peer: address, names });
}
