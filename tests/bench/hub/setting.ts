import { createAuthority } from "../../cluster/x509.ts";

/** Messages that may wait for a step: as many as the Go hub's channels hold. */
const BUFFER_MESSAGES = 4096;
const BUFFER_BYTES = 16 * 1024 * 1024;
/** Runs of the story, at most: one a stream. */
export const MAX_STREAMS = 64;

/** Where the load client and the hubs find what they are given. */
export interface Files {
  readonly certificates: string;
  readonly stories: string;
}

/** Writes certificates of an authority of their own, and the stories, into a folder. */
export async function writeSetting(folder: string): Promise<Files> {
  const authority = createAuthority("Headrace bench");
  const hub = authority.issue({ commonName: "hub", usage: "server", dnsNames: ["localhost"] });
  const step = authority.issue({
    commonName: "step",
    usage: "client",
    dnsNames: ["*.demo.svc.cluster.local"],
  });
  await Deno.mkdir(folder, { recursive: true });
  const files = {
    "ca.crt": authority.certificate,
    "tls.crt": hub.certificate,
    "tls.key": hub.key,
    "client.crt": step.certificate,
    "client.key": step.key,
    "stories.yaml": stories(),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return { certificates: folder, stories: `${folder}/stories.yaml` };
}

/**
 * The story `a → b` and its runs, as YAML. Nothing is dropped and nobody counts credit, as with the
 * other hubs: a producer is held while the buffer of its consumer is full.
 */
function stories(): string {
  const streaming = {
    backpressure: {
      buffer: { maxMessages: BUFFER_MESSAGES, maxBytes: BUFFER_BYTES, dropPolicy: "block" },
    },
    flowControl: { mode: "none" },
    // Frames of a kind travel in a lane, which has room for 100 unless a story says otherwise.
    lanes: [{
      name: "binary",
      kind: "binary",
      maxMessages: BUFFER_MESSAGES,
      maxBytes: BUFFER_BYTES,
    }],
  };
  const step = { transport: "rt", ref: { name: "any" } };
  const documents = [
    {
      kind: "Story",
      metadata: { name: "bench", namespace: "demo" },
      spec: {
        pattern: "realtime",
        transports: [{ name: "rt", transportRef: "rt", streaming }],
        steps: [{ name: "a", ...step }, { name: "b", ...step, needs: ["a"] }],
      },
    },
    ...Array.from({ length: MAX_STREAMS }, (_, run) => ({
      kind: "StoryRun",
      metadata: { name: `bench-${run}`, namespace: "demo" },
      spec: { storyRef: { name: "bench" } },
    })),
  ];
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}
