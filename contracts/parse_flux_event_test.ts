import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "./contract_error.ts";
import { parseFluxEvent } from "./parse_flux_event.ts";

/** As helm-controller 1.6.3 and notification-controller 1.9.2 really post it. */
const EVENT = {
  involvedObject: {
    kind: "HelmRelease",
    namespace: "flux-system",
    name: "bp-loki",
    uid: "bbd7fa43-a04d-48e0-b3c3-24d3ad3a8ed6",
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    resourceVersion: "341",
  },
  severity: "info",
  timestamp: "2026-11-21T03:46:33Z",
  message: "Helm install succeeded for release apps/bp-loki.v1 with chart mill@1.0.0",
  reason: "InstallSucceeded",
  metadata: { revision: "1.0.0", token: "sha256:44136fa355b3678a" },
  reportingController: "helm-controller",
  reportingInstance: "helm-controller-77d7f8f5c4-7xk2p",
};

const without = (key: keyof typeof EVENT) => {
  const { [key]: _, ...rest } = EVENT;
  return rest;
};

Deno.test("an event is taken whole, also fields that are not known here", () => {
  assertEquals(parseFluxEvent(EVENT), EVENT as ReturnType<typeof parseFluxEvent>);
  const newer = { ...EVENT, action: "install" };
  assertEquals(parseFluxEvent(newer)["action"], "install");
});

Deno.test("what Go leaves out when it is empty may be missing", () => {
  for (const key of ["metadata", "reportingController", "reportingInstance"] as const) {
    parseFluxEvent(without(key));
  }
  parseFluxEvent({ ...EVENT, metadata: null });
});

Deno.test("what is missing or wrong is named", () => {
  for (const key of ["involvedObject", "timestamp", "message", "reason"] as const) {
    assertThrows(() => parseFluxEvent(without(key)), ContractError, `${key} is required`);
  }
  const wrong: [Record<string, unknown>, string][] = [
    [{ severity: undefined }, "severity must be one of trace, info, error"],
    [{ timestamp: "yesterday" }, "timestamp must be an RFC 3339 time"],
    [{ metadata: { revision: 1 } }, "metadata.revision must be a string"],
    [{ involvedObject: { ...EVENT.involvedObject, name: "a/../b" } }, "involvedObject.name must"],
    [{ involvedObject: { ...EVENT.involvedObject, namespace: "" } }, "involvedObject.namespace"],
    [{ involvedObject: { ...EVENT.involvedObject, kind: "helm release" } }, "a kind such as"],
  ];
  for (const [parts, words] of wrong) {
    assertThrows(() => parseFluxEvent({ ...EVENT, ...parts }), ContractError, words);
  }
});

Deno.test("any JSON is an event or a clear error", () => {
  const parts = fc.record(
    Object.fromEntries(
      Object.entries(EVENT).map(([key, value]) => [
        key,
        fc.oneof(fc.constant(value), fc.jsonValue()),
      ]),
    ),
    { requiredKeys: [] },
  );
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), parts), (value) => {
    try {
      assert(Number.isFinite(Date.parse(parseFluxEvent(value).timestamp)));
    } catch (error) {
      assert(error instanceof ContractError && error.message.length > 10, `${error}`);
    }
  }));
});
