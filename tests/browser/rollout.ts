import type { FlowMessage, FlowNode } from "../../contracts/flow.ts";

export const FLOW = "atlas-rollout-7";

const NAMES = [
  "cilium",
  "cert-manager",
  "flux",
  "crossplane",
  "sealed-secrets",
  "external-dns",
  "vault",
  "postgres-operator",
  "keycloak",
  "harbor",
  "gitea",
  "grafana",
  "loki",
  "tempo",
  "velero",
  "kyverno",
  "falco",
  "stunner",
];

/** What must be there before each release. */
const DEPENDS_ON: Readonly<Record<string, readonly string[]>> = {
  "cert-manager": ["cilium"],
  flux: ["cilium"],
  crossplane: ["flux"],
  "sealed-secrets": ["flux"],
  "external-dns": ["cert-manager"],
  vault: ["cert-manager", "sealed-secrets"],
  "postgres-operator": ["flux"],
  keycloak: ["postgres-operator", "vault"],
  harbor: ["keycloak"],
  gitea: ["keycloak", "postgres-operator"],
  grafana: ["keycloak"],
  loki: ["vault"],
  tempo: ["loki"],
  velero: ["vault"],
  kyverno: ["cert-manager"],
  falco: ["kyverno"],
  stunner: ["external-dns"],
};

/** How far each region is, by the index of the release that is being installed. */
const STAGES = {
  start: { fsn1: 1, hel1: 2 },
  failure: { fsn1: 13, hel1: 14 },
  end: { fsn1: 99, hel1: 99 },
};

export type Stage = keyof typeof STAGES;

/** A node as the Flux adapter reports it. */
export function release(
  region: string,
  name: string,
  status: string,
  meta: Record<string, unknown> = {},
  times: Pick<FlowNode, "startedAt" | "endedAt"> = {},
): FlowNode {
  const label = `bp-${name}`;
  return {
    id: `${region}/${label}`,
    flowId: FLOW,
    label,
    status,
    family: name,
    region,
    meta,
    ...times,
  };
}

/** A rollout to two clusters at one of its moments; `now` is in Unix milliseconds. */
export function rollout(stage: Stage, now: number): FlowMessage[] {
  const nodes: FlowNode[] = Object.entries(STAGES[stage]).flatMap(([region, at]) => [
    { id: region, flowId: FLOW, label: region, status: "running", family: "region", region },
    ...NAMES.map((name, index) => releaseAt(region, name, index, at, now)),
  ]);
  const contains = nodes.filter(({ id, region }) => id !== region)
    .map(({ id, region }) => ({ fromId: id, toId: region ?? "", type: "contains" as const }));
  const depends = Object.keys(STAGES[stage]).flatMap((region) =>
    Object.entries(DEPENDS_ON).flatMap(([name, others]) =>
      others.map((other) => ({
        fromId: `${region}/bp-${other}`,
        toId: `${region}/bp-${name}`,
        type: "finish-to-start" as const,
      }))
    )
  );
  const took = { start: 9_000, failure: 148_000, end: 251_000 }[stage];
  const flow = stage === "end"
    ? { id: FLOW, status: "succeeded", startedAt: now - took, endedAt: now }
    : { id: FLOW, status: "running", startedAt: now - took };
  return [
    { type: "upsert-flow", flow },
    { type: "upsert-nodes", nodes },
    { type: "upsert-rels", relationships: [...contains, ...depends] },
  ];
}

function releaseAt(
  region: string,
  name: string,
  index: number,
  at: number,
  now: number,
): FlowNode {
  const startedAt = now - (at - index) * 9_000;
  if (name === "keycloak" && region === "fsn1" && index < at && at < 99) {
    return release(region, name, "failed", {
      state: "stalled",
      reason: "RetriesExceeded",
      message: "Failed to install after 1 attempt(s): Helm install failed for release " +
        "apps/bp-keycloak with chart bp-keycloak@1.0.3: context deadline exceeded: resource " +
        "Deployment/apps/bp-keycloak not ready. status: InProgress, message: Available: 0/1",
      since: startedAt + 24_000,
    }, { startedAt, endedAt: startedAt + 24_000 });
  }
  const behind = ["harbor", "gitea", "grafana"].includes(name) && region === "fsn1";
  if (index > at || (behind && at > 8 && at < 99)) {
    const blocker = `${region}/bp-${behind ? "keycloak" : DEPENDS_ON[name]?.at(-1) ?? "cilium"}`;
    return release(region, name, "pending", {
      state: "blocked",
      reason: "DependencyNotReady",
      message: `dependency 'flux-system/${blocker.split("/")[1]}' is not ready`,
      blockedBy: [blocker],
      since: now - 40_000,
    });
  }
  if (index >= at - 2) {
    return release(region, name, "running", {
      state: index % 2 === 0 ? "installing" : "upgrading",
      reason: "Progressing",
      message: "Running 'install' action with timeout of 5m0s",
      since: startedAt,
    }, { startedAt });
  }
  const endedAt = startedAt + 4_000 + (index * 791) % 9_000;
  return release(region, name, "succeeded", {
    state: "succeeded",
    reason: "InstallSucceeded",
    message: `Helm install succeeded for release apps/bp-${name}.v1 with chart bp-${name}@1.0.3`,
    since: endedAt,
  }, { startedAt, endedAt });
}
