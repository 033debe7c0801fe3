import { assertEquals, assertMatch } from "@std/assert";
import { writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper, type Keeper } from "../cluster/keeper.ts";
import { type Program, startProgram } from "../cluster/product.ts";
import { createAuthority } from "../cluster/x509.ts";
import { becomes, bobrapetPlane, find, fresh } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";
import { podRole, RUNNER } from "./pod_role.ts";

const RUN = "voice-1";

Deno.test("a run is ready when its connectors have reported, and not any more when one of them leaves", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-reports-");
  const { admin } = plane;
  await plane.apply(...podRole());
  await startOperator(keeper, plane, {});
  const storyRun = { ...fresh(run(RUN)), spec: { storyRef: { name: "voice" } } };
  const [first, second] = CHAIN.map(({ name }) => fresh(binding(name, { run: RUN })));
  await admin.create(fresh(story(CHAIN)));
  await admin.create(storyRun);
  for (const one of [first!, second!]) await admin.create(one);
  await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors of steps step-a/);

  const sidecars = new Sidecars(
    keeper,
    await plane.writeKubeconfig(RUNNER, plane.accessFor(RUNNER)),
  );
  const hub = await sidecars.hub();
  const peers = freePort();
  await sidecars.connector("step-b", {
    BUBU_HUB_ENDPOINT: `localhost:${hub}`,
    CONNECTOR_PEER_LISTEN_ADDR: `127.0.0.1:${peers}`,
  });
  await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors of steps step-a$/);
  const sender = await sidecars.connector("step-a", {
    BUBU_HUB_ENDPOINT: `localhost:${peers}`,
    BUBU_GRPC_HUB_SERVER_NAME: `${composeName(RUN, "step-b")}.demo.svc.cluster.local`,
    CONNECTOR_ROUTING: "p2p",
    CONNECTOR_PEER_LISTEN_ADDR: "off",
  });

  await t.step("both are connected, and say so", async () => {
    await becomes(admin, storyRun, "Ready", /^True\/TransportReady: Transport is ready$/);
    const status = (await find(admin, first!))?.status as Record<string, unknown>;
    assertEquals(status["negotiatedAudio"], { name: "opus" });
    const other = (await find(admin, second!))?.status as Record<string, unknown>;
    assertEquals(other["negotiatedAudio"], undefined);
  });

  await t.step("they say so again and again, beside what the operator says", async () => {
    await becomes(admin, first!, "Ready", /^True\/TransportReady: connector heartbeat \(source=/);
    await becomes(admin, first!, "Routed", /^True\/PeerToPeer/);
  });

  await t.step("one that ends takes it back, and the run is not ready any more", async () => {
    await sender.stop("SIGTERM");
    await becomes(admin, first!, "Ready", /^False\/Reconciling: connector shutting down$/);
    await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors of steps step-a$/);
    const lines = await sender.logs();
    assertEquals(lines.filter(({ code }) => code === "forbidden"), []);
    assertMatch(JSON.stringify(lines), /connected to the peer/);
  });
});

/** Hub and connectors as processes, with certificates of one authority. */
class Sidecars {
  readonly #authority = createAuthority("Headrace test");

  constructor(readonly keeper: Keeper, readonly kubeconfig: string) {}

  /** Starts a hub that knows the run; returns its port. */
  async hub(): Promise<number> {
    const port = freePort();
    const stories = `${this.keeper.folder}/stories.yaml`;
    await Deno.writeTextFile(
      stories,
      [story(CHAIN), { ...run(RUN), spec: { storyRef: { name: "voice" } } }]
        .map((document) => JSON.stringify(document)).join("\n---\n"),
    );
    const files = await this.#certificate("hub", "localhost");
    await this.#start("hub", "hub/main.ts", (http) => ({
      HUB_LISTEN_ADDR: `127.0.0.1:${port}`,
      HUB_HTTP_LISTEN_ADDR: http,
      HUB_STORIES_FILE: stories,
      BUBU_HUB_TLS_CERT_FILE: files.certificate,
      BUBU_HUB_TLS_KEY_FILE: files.key,
      BUBU_HUB_CA_FILE: files.authority,
    }));
    return port;
  }

  async connector(step: string, env: Record<string, string>): Promise<Program> {
    const files = await this.#certificate(step, `${composeName(RUN, step)}.demo.svc.cluster.local`);
    return await this.#start("connector", "hub/connector/main.ts", (http) => ({
      KUBECONFIG: this.kubeconfig,
      BUBU_TRANSPORT_BINDING: writeBindingEnvelope({
        name: composeName(RUN, step, "transport"),
        namespace: "demo",
        binding: {
          transportRef: "livekit-default",
          driver: "bobravoz-grpc",
          endpoint: "127.0.0.1:50051",
          // A name that no CRD has is not reported, and keeps nothing else from it.
          audioCodecs: [step === "step-a" ? "opus" : "speex"],
          videoCodecs: [],
          binaryTypes: [],
          protocolVersion: PROTOCOL_VERSION,
          settings: undefined,
        },
      }),
      BUBU_STORYRUN_ID: RUN,
      BUBU_POD_NAMESPACE: "demo",
      BUBU_STEP_NAME: step,
      BUBU_CONNECTOR_GENERATION: "1",
      BUBU_GRPC_PORT: String(freePort()),
      BUBU_GRPC_CLIENT_CERT_FILE: files.certificate,
      BUBU_GRPC_CLIENT_KEY_FILE: files.key,
      BUBU_GRPC_CA_FILE: files.authority,
      BUBU_TRANSPORT_HEARTBEAT_INTERVAL: "1s",
      CONNECTOR_HTTP_LISTEN_ADDR: http,
      ...env,
    }), step);
  }

  async #start(
    task: string,
    main: string,
    env: (http: string) => Record<string, string>,
    name = task,
  ): Promise<Program> {
    const http = `127.0.0.1:${freePort()}`;
    return await startProgram(this.keeper, {
      name,
      task,
      main,
      env: env(http),
      probe: `http://${http}/healthz`,
    });
  }

  async #certificate(name: string, dnsName: string) {
    const pair = this.#authority.issue({ commonName: name, usage: "peer", dnsNames: [dnsName] });
    const path = (kind: string) => `${this.keeper.folder}/${name}.${kind}`;
    await Deno.writeTextFile(path("crt"), pair.certificate);
    await Deno.writeTextFile(path("key"), pair.key);
    await Deno.writeTextFile(path("ca"), this.#authority.certificate);
    return { certificate: path("crt"), key: path("key"), authority: path("ca") };
  }
}
