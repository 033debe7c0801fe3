/** gRPC metadata by which streams find the hub that their run is pinned to. */

/** In the trailers of a refusal or of the end of a stream: `host:port` of the hub to go to. */
export const OWNER_HEADER = "headrace-owner";

/**
 * From a connector that follows {@linkcode OWNER_HEADER}: `1`, or the endpoint that it was sent to.
 * Everybody else is relayed.
 */
export const FOLLOW_HEADER = "headrace-follow";

/**
 * From another hub, with its endpoint: it passes on a stream of somebody else, which was judged there
 * and is not passed on again.
 */
export const RELAY_HEADER = "headrace-relay";

/**
 * From another hub that has taken a run, beside {@linkcode RELAY_HEADER}: up to which version it has
 * seen the run's bindings. There is no stream behind it; a hub that has seen less lets the run go.
 */
export const TAKEN_HEADER = "headrace-taken";
