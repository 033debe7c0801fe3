import {
  Metadata,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Logger } from "../../contracts/logger.ts";
import type { BindingInfo } from "../../contracts/transport/binding_envelope.ts";
import { HEADERS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { LEDGER_HEADER, readStatement, writeStatement } from "../delivery/leg_ledger.ts";
import { check } from "../proto/check.ts";
import { decode, encode } from "../proto/codec.ts";
import { ControlRequest, ControlResponse } from "../proto/messages.ts";
import { WireError } from "../proto/wire_error.ts";
import { Code } from "../server/refusal.ts";
import type { CallMetrics, CallStats } from "../grpc/call_metrics.ts";
import { CONNECTOR_SERVICE } from "../grpc/services.ts";
import { wireOf } from "../grpc/call_wire.ts";
import type { Wire } from "../server/wire.ts";
import type { Connector } from "./connector.ts";
import { announcedCapabilities, CapabilityWatch } from "./capabilities.ts";
import { ControlErrors } from "./control_errors.ts";
import { answerControl, capabilitiesMessage, directiveOf, greeting } from "./control.ts";

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

/** The engram's side: `Data` and `Control` of `TransportConnectorService`. */
export class EngramService {
  readonly #controls = new Set<Call>();
  readonly #dataStats: CallStats;
  readonly #controlStats: CallStats;
  /** Changes of capabilities that no engram was there to be told of. */
  untold = 0;
  /** Control messages since the start, by `sent <action>` and `received <action>`. */
  readonly directives = new Map<string, number>();

  /** What was seen in frames either way. */
  readonly capabilities: CapabilityWatch;
  readonly #errors: ControlErrors;

  /** @param now milliseconds; only differences count */
  constructor(
    readonly connector: Connector,
    binding: BindingInfo,
    now: () => number,
    logger: Logger,
    calls: CallMetrics,
  ) {
    this.#dataStats = calls.of(CONNECTOR_SERVICE.Data.path);
    this.#controlStats = calls.of(CONNECTOR_SERVICE.Control.path);
    this.#errors = new ControlErrors(now, logger);
    this.capabilities = new CapabilityWatch(announcedCapabilities(binding), now);
  }

  readonly handlers: UntypedServiceImplementation = {
    Data: (call: Call) => this.#data(call),
    Control: (call: Call) => this.#control(call),
  };

  /** Engrams that were greeted and are still there. */
  get listeners(): number {
    return this.#controls.size;
  }

  /** Says something to every engram that listens. */
  tell(message: ControlResponse): void {
    for (const call of this.#controls) this.#say(call, message);
  }

  #say(call: Call, message: ControlResponse): void {
    this.#count("sent", message);
    this.#controlStats.sent++;
    call.write(encode(ControlResponse, message));
  }

  #see(message: Uint8Array): void {
    if (!this.capabilities.see(message)) return;
    if (this.listeners === 0) this.untold++;
    this.tell(capabilitiesMessage(this.capabilities.current));
  }

  #count(direction: "sent" | "received", message: ControlRequest | ControlResponse): void {
    const key = `${direction} ${directiveOf(message)}`;
    this.directives.set(key, (this.directives.get(key) ?? 0) + 1);
  }

  #data(call: Call): void {
    if (!accepted(call, this.#dataStats)) return;
    const { connector } = this;
    const plain = wireOf(call);
    const wire: Wire = {
      ...plain,
      write: (frame) => {
        this.#see(frame);
        this.#dataStats.sent++;
        return plain.write(frame);
      },
    };
    const said = connector.engramOpened(
      wire,
      readStatement(call.metadata.get(LEDGER_HEADER)[0]?.toString()),
    );
    if (said !== undefined) {
      // Only an engram that counts reads it; the SDK looks at no header of the answer.
      const answer = new Metadata();
      answer.set(LEDGER_HEADER, writeStatement(said));
      call.sendMetadata(answer);
    }
    call.on("data", (bytes: Uint8Array) => {
      this.#see(bytes);
      connector.engramFrame(wire, bytes);
    });
    call.on("drain", () => connector.engramDrained(wire));
    call.on("cancelled", () => connector.engramClosed(wire));
    call.on("end", () => {
      connector.engramClosed(wire);
      call.end();
    });
  }

  #control(call: Call): void {
    if (!accepted(call, this.#controlStats)) return;
    this.#controls.add(call);
    const logError = this.#errors.session();
    const over = () => this.#controls.delete(call);
    call.on("error", over);
    call.on("cancelled", over);
    call.on("end", () => {
      over();
      call.end();
    });
    call.on("data", (bytes: Uint8Array) => {
      try {
        check(ControlRequest, bytes);
        const request = decode(ControlRequest, bytes);
        this.#count("received", request);
        logError(request);
        const answer = answerControl(this.connector, request);
        if (answer !== undefined) this.#say(call, answer);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        over();
        call.emit("error", { code: Code.invalidArgument, details: error.message });
      }
    });
    for (const message of greeting(this.capabilities.current)) this.#say(call, message);
  }
}

function accepted(call: Call, stats: CallStats): boolean {
  const handled = stats.begin();
  // A call that breaks must not end the process.
  call.on("error", ({ code = Code.unknown }: Error & { code?: number }) => handled(code));
  call.on("cancelled", () => handled(Code.cancelled));
  call.on("end", () => handled(Code.ok));
  const protocol = call.metadata.get(HEADERS.protocol)[0]?.toString().trim();
  if (protocol === PROTOCOL_VERSION) {
    call.on("data", () => stats.received++);
    return true;
  }
  call.emit("error", {
    code: Code.failedPrecondition,
    details: `${HEADERS.protocol} must be ${PROTOCOL_VERSION}, not ${
      JSON.stringify(protocol ?? "")
    }`,
  });
  return false;
}
