import { type CallCredentials, ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";

type Connector = ReturnType<ChannelCredentials["_createSecureConnector"]>;
export type Connection = Awaited<ReturnType<Connector["connect"]>>["socket"];
type Target = Parameters<ChannelCredentials["_createSecureConnector"]>[0];

/**
 * Credentials that hand out each connection that is made with them, which a call of grpc-js does not.
 * As it is: node:http2 of Deno 2.9.2 sends no DATA from a client over a Duplex around it (measured).
 */
export class WatchedCredentials extends ChannelCredentials {
  constructor(
    private readonly within: ChannelCredentials,
    private readonly onConnection: (connection: Connection) => void,
  ) {
    super();
  }

  override _isSecure(): boolean {
    return this.within._isSecure();
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    target: Target,
    options: ChannelOptions,
    credentials?: CallCredentials,
  ): Connector {
    const connector = this.within._createSecureConnector(target, options, credentials);
    return {
      connect: async (tcp) => {
        const connected = await connector.connect(tcp);
        this.onConnection(connected.socket);
        return connected;
      },
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
    };
  }
}
