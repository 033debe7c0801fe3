import { assertEquals } from "@std/assert";
import { hubEndpoint, peerHost } from "./hub_address.ts";

const DEFAULTS = {
  serviceName: "bobravoz-grpc-hub",
  clusterDomain: "svc.cluster.local",
  port: 9000,
};

Deno.test("the hub is a Service beside the workload, elsewhere when told, or an address as it stands", () => {
  assertEquals(hubEndpoint(DEFAULTS, "demo"), "bobravoz-grpc-hub.demo.svc.cluster.local:9000");
  const elsewhere = { ...DEFAULTS, serviceNamespace: "system", port: 9443 };
  assertEquals(hubEndpoint(elsewhere, "demo"), "bobravoz-grpc-hub.system.svc.cluster.local:9443");
  assertEquals(hubEndpoint({ ...elsewhere, endpoint: "10.0.0.1:9" }, "demo"), "10.0.0.1:9");
});

Deno.test("a peer is found in the same cluster domain as the hub", () => {
  const hub = { ...DEFAULTS, clusterDomain: "svc.example.org" };
  assertEquals(peerHost(hub, "run-tts", "demo"), "run-tts.demo.svc.example.org:50051");
});
