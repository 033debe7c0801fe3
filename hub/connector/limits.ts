/** What a connector bears of its engram, and of its packets. Times are milliseconds. */
export interface ConnectorLimits {
  /** Bytes of a packet towards the hub or the peer. */
  readonly packetBytes: number;
  /** Bytes of a message for the engram. */
  readonly dataBytes: number;
  /** How long an engram may say nothing; 0: for ever. */
  readonly messageTimeout: number;
  /** How long a packet may wait at a full buffer in best effort; 0: for ever. */
  readonly sendTimeout: number;
}

/** Bears everything. */
export const NO_LIMITS: ConnectorLimits = {
  packetBytes: Infinity,
  dataBytes: Infinity,
  messageTimeout: 0,
  sendTimeout: 0,
};

/** What a packet gets on its way at most: its envelope, and the identity that the hub writes. */
const OVERHEAD_BYTES = 4 * 1024;

/**
 * The limits that follow from what gRPC is told. A message above the other end's limit would end the
 * stream and come again after it, for ever: it is dropped instead.
 */
export function limitsOf(
  { server, client, messageTimeout, sendTimeout }: {
    readonly server: { readonly "grpc.max_send_message_length": number };
    readonly client: { readonly "grpc.max_send_message_length": number };
    readonly messageTimeout: number;
    readonly sendTimeout: number;
  },
): ConnectorLimits {
  return {
    packetBytes: client["grpc.max_send_message_length"] - OVERHEAD_BYTES,
    dataBytes: server["grpc.max_send_message_length"],
    messageTimeout,
    sendTimeout,
  };
}
