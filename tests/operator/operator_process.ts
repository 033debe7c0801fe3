import type { ControlPlane } from "../cluster/control_plane.ts";
import { freePort } from "../cluster/free_port.ts";
import type { Keeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { type Program, startProgram } from "../cluster/product.ts";

/** The user that the operators of the tests act as, or the group of several such users. */
export const OPERATOR_USER = "headrace-operator";

/** What the operator may do, and nothing more: its README's table. */
export function operatorRole(): KubeObject[] {
  const api = "rbac.authorization.k8s.io";
  const metadata = { name: OPERATOR_USER };
  const rule = (apiGroups: string, resources: string[], verbs: string[]) => ({
    apiGroups: [apiGroups],
    resources,
    verbs,
  });
  const watch = ["list", "watch"];
  return [
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata,
      rules: [
        rule("runs.bubustack.io", ["storyruns"], [...watch, "patch"]),
        rule("runs.bubustack.io", ["stepruns"], watch),
        rule("runs.bubustack.io", ["storyruns/status", "stepruns/status"], ["patch"]),
        rule("bubustack.io", ["stories"], watch),
        rule("bubustack.io", ["engrams"], ["get", ...watch, "patch"]),
        rule("transport.bubustack.io", ["transports"], watch),
        rule("transport.bubustack.io", ["transportbindings"], ["get", ...watch, "patch"]),
        rule("transport.bubustack.io", ["transportbindings/status"], ["patch"]),
        rule("events.k8s.io", ["events"], ["create"]),
        rule("coordination.k8s.io", ["leases"], ["get", "create", "update"]),
        rule("", ["configmaps"], ["get"]),
        rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
        rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
      ],
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: api, kind: "ClusterRole", name: OPERATOR_USER },
      subjects: ["User", "Group"].map((kind) => ({ apiGroup: api, kind, name: OPERATOR_USER })),
    },
  ];
}

/** An operator as a process of its own, with the permissions of its task. */
export interface OperatorProcess extends Program {
  /** Base URL of its probes. */
  readonly health: string;
  /** One value of `/metrics`; 0 when it is not there. */
  metric(name: string): Promise<number>;
}

/** Starts an operator and waits until it is ready. */
export async function startOperator(
  keeper: Keeper,
  plane: ControlPlane,
  { name = "operator", args = [], env = {} }: {
    readonly name?: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<OperatorProcess> {
  const health = `127.0.0.1:${freePort()}`;
  const metrics = `127.0.0.1:${freePort()}`;
  const program = await startProgram(keeper, {
    name,
    task: "operator",
    main: "operator/main.ts",
    args: [`--health-probe-bind-address=${health}`, `--metrics-bind-address=${metrics}`, ...args],
    env: {
      KUBECONFIG: await plane.writeKubeconfig(OPERATOR_USER, plane.accessFor(OPERATOR_USER)),
      POD_NAME: name,
      POD_NAMESPACE: "default",
      ENABLE_WEBHOOKS: "false",
      ...env,
    },
    probe: `http://${health}/readyz`,
  });
  return {
    ...program,
    // Of its present life, which a copy would not know.
    get pid() {
      return program.pid;
    },
    health: `http://${health}`,
    async metric(name) {
      const text = await (await fetch(`http://${metrics}/metrics`)).text();
      const line = text.split("\n").find((line) => line.startsWith(`${name} `));
      return Number(line?.split(" ").at(-1) ?? 0);
    },
  };
}
