import { freePort } from "../cluster/free_port.ts";
import type { Keeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A router that takes alerts only when they are signed, and shows flows to a reader with a token. */
export interface AlertsRouter {
  readonly url: string;
  /** What notification-controller shall sign with. */
  readonly key: string;
  /** Bearer token of the reader. */
  readonly token: string;
}

/** Starts it, with access control, as a process. */
export async function startAlertsRouter(keeper: Keeper): Promise<AlertsRouter> {
  const address = `127.0.0.1:${freePort()}`;
  const key = crypto.randomUUID();
  const token = crypto.randomUUID();
  const folder = `${keeper.folder}/access`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/lab.hmac`, `${key}\n`);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  const rules = {
    hmacKeys: [{
      name: "lab",
      keyFile: `${folder}/lab.hmac`,
      allow: [{ actions: ["write"], flows: ["alerts"] }],
    }],
    tokens: [{
      name: "reader",
      sha256: new Uint8Array(hash).toHex(),
      allow: [{ actions: ["read"], flows: ["alerts"] }],
    }],
  };
  await Deno.writeTextFile(`${folder}/access.json`, JSON.stringify(rules));
  const process = keeper.start({
    name: "alerts-router",
    program: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      "--allow-net=127.0.0.1",
      "--allow-env=FLOW_SERVER_*",
      `--allow-read=${folder}`,
      "server/main.ts",
    ],
    env: { FLOW_SERVER_LISTEN_ADDR: address, FLOW_SERVER_ACCESS_FILE: `${folder}/access.json` },
    cwd: ROOT,
  });
  const url = `http://${address}`;
  await waitFor("the alerts' router", async () => {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok;
  }, { describe: () => process.output() });
  return { url, key, token };
}

/** What a user applies so that notification-controller signs for a router. */
export function signedAlerts({ url, key }: AlertsRouter): KubeObject[] {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "signed", namespace: "flux-system" },
    stringData: { token: key },
  };
  return [
    secret,
    ...alerts("signed", {
      type: "generic-hmac",
      address: `${url}/v1/flux/events?flow=alerts&region=lab`,
      secretRef: { name: "signed" },
    }),
  ];
}

/**
 * What a user applies so that notification-controller tells a router that asks for no signature.
 *
 * @param region given as metadata of the Alert, not by the address
 */
export function plainAlerts(url: string, flowId: string, region: string): KubeObject[] {
  const address = `${url}/v1/flux/events?flow=${flowId}`;
  return alerts("plain", { type: "generic", address }, { region });
}

function alerts(
  name: string,
  provider: Readonly<Record<string, unknown>>,
  eventMetadata: Readonly<Record<string, string>> = {},
): KubeObject[] {
  const apiVersion = "notification.toolkit.fluxcd.io/v1beta3";
  const metadata = { name, namespace: "flux-system" };
  return [
    { apiVersion, kind: "Provider", metadata, spec: provider },
    {
      apiVersion,
      kind: "Alert",
      metadata,
      spec: {
        providerRef: { name },
        eventSeverity: "info",
        eventMetadata,
        eventSources: [{ kind: "HelmRelease", name: "*" }],
      },
    },
  ];
}
