import { createKubeClient, type KubeClient } from "../../kube/client.ts";
import { systemClock } from "../../kube/clock.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { play } from "./play.ts";
import { parseRecording } from "./recording.ts";

/** A recorded cluster that happens again. */
export interface PlayedRegion {
  /** Talks to its API server, over real HTTP. */
  readonly client: KubeClient;
  /** Settles when the recording has been played, or was stopped. */
  readonly played: Promise<void>;
  /** Ends the API server. */
  close(): Promise<void>;
}

/** Serves the Kubernetes API on loopback and plays `recording` into it. */
export async function playRegion(
  recording: string,
  speed: number,
  signal: AbortSignal,
): Promise<PlayedRegion> {
  const api = new FakeApiServer();
  const served = await api.serve();
  const client = createKubeClient({
    origin: "the demo",
    server: served.url,
    namespace: undefined,
    ca: undefined,
    proxyUrl: undefined,
    user: {},
  });
  const played = play(parseRecording(recording), {
    store: api.store,
    speed,
    clock: systemClock,
    signal,
  });
  return {
    client,
    played,
    close: async () => {
      client.close();
      await served.close();
    },
  };
}
