import { systemClock } from "../../contracts/clock.ts";
import { createKubeClient, type KubeClient } from "../../kube/client.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { ObjectStore } from "../../kube/testing/object_store.ts";
import { FLUX_RESOURCES } from "./flux_resources.ts";
import { Player } from "./player.ts";
import { parseRecording } from "./recording.ts";

/** A recorded cluster that happens again. */
export interface PlayedRegion {
  /** Talks to its API server, over real HTTP. */
  readonly client: KubeClient;
  /** The API server, whose watches can be cut and silenced. */
  readonly api: FakeApiServer;
  /** Plays; can be paused. */
  readonly player: Player;
  /** Settles when the recording has been played, or was stopped. */
  readonly played: Promise<void>;
  /** Ends the API server. Until then it serves what the recording has left. */
  close(): Promise<void>;
}

/**
 * Serves the Kubernetes API on loopback and plays a recording into it.
 *
 * @param recording the text of the file
 * @param speed recorded seconds a second; above zero
 * @param signal stops the playing
 * @throws {SyntaxError} for a recording that cannot be read
 * @throws {TypeError} for one that has objects other than {@linkcode FLUX_RESOURCES}
 * @throws {RangeError} for a speed that is not above zero
 */
export async function playRegion(
  recording: string,
  speed: number,
  signal: AbortSignal,
): Promise<PlayedRegion> {
  const parsed = parseRecording(recording);
  const store = new ObjectStore();
  for (const resource of FLUX_RESOURCES) store.register(resource);
  const api = new FakeApiServer({ store });
  const served = await api.serve();
  let player: Player;
  try {
    player = new Player({ recording: parsed, store, clock: systemClock, speed, signal });
  } catch (error) {
    await served.close();
    throw error;
  }
  const client = createKubeClient({
    origin: "the demo",
    server: served.url,
    namespace: parsed.events[0]?.event.object.metadata.namespace,
    ca: undefined,
    proxyUrl: undefined,
    user: {},
  });
  return {
    client,
    api,
    player,
    played: player.ended,
    close: async () => {
      player.stop();
      client.close();
      await served.close();
    },
  };
}
