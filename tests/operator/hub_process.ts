import type { ControlPlane } from "../cluster/control_plane.ts";
import { freePort } from "../cluster/free_port.ts";
import type { Keeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { type Program, startProgram } from "../cluster/product.ts";
import type { Authority } from "../cluster/x509.ts";

/** The user that the hubs of the tests act as. */
export const HUB_USER = "headrace-hub";

/** What a hub may do, and nothing more: its README's table. */
export function hubRole(): KubeObject[] {
  const api = "rbac.authorization.k8s.io";
  const metadata = { name: HUB_USER };
  const rule = (apiGroups: string, resources: string[], verbs: string[]) => ({
    apiGroups: [apiGroups],
    resources,
    verbs,
  });
  const read = ["get", "list", "watch"];
  return [
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata,
      rules: [
        rule("runs.bubustack.io", ["storyruns", "stepruns"], [...read, "create"]),
        rule("runs.bubustack.io", ["storyruns/status", "stepruns/status"], ["patch"]),
        rule("bubustack.io", ["stories", "engrams"], read),
        rule("catalog.bubustack.io", ["engramtemplates"], read),
        rule("transport.bubustack.io", ["transports"], read),
        rule("transport.bubustack.io", ["transportbindings"], ["list", "watch"]),
      ],
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: api, kind: "ClusterRole", name: HUB_USER },
      subjects: [{ apiGroup: api, kind: "User", name: HUB_USER }],
    },
  ];
}

/** A hub of the cluster as a process of its own, with the permissions of its task. */
export interface HubProcess extends Program {
  readonly port: number;
  /** Base URL of its probes. */
  readonly http: string;
}

/** Starts a hub and waits until it is ready. */
export async function startHub(
  keeper: Keeper,
  plane: ControlPlane,
  authority: Authority,
  { name = "hub", dnsNames = ["localhost"], env = {}, server }: {
    readonly name?: string;
    readonly dnsNames?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** Where it finds the API server, instead of there. */
    readonly server?: string | undefined;
  } = {},
): Promise<HubProcess> {
  const port = freePort();
  const http = `127.0.0.1:${freePort()}`;
  const folder = `${keeper.folder}/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  const pair = authority.issue({ commonName: name, usage: "peer", dnsNames });
  await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${folder}/ca.crt`, authority.certificate);
  const program = await startProgram(keeper, {
    name,
    task: "hub",
    main: "hub/main.ts",
    env: {
      KUBECONFIG: await plane.writeKubeconfig(name, plane.accessFor(HUB_USER), server),
      HUB_LISTEN_ADDR: `127.0.0.1:${port}`,
      HUB_HTTP_LISTEN_ADDR: http,
      HUB_DRAIN_TIMEOUT: "5s",
      BUBU_HUB_TLS_CERT_FILE: `${folder}/tls.crt`,
      BUBU_HUB_TLS_KEY_FILE: `${folder}/tls.key`,
      BUBU_HUB_CA_FILE: `${folder}/ca.crt`,
      ...env,
    },
    probe: `http://${http}/readyz`,
  });
  return Object.assign(program, { port, http: `http://${http}` });
}
