/**
 * What a cluster does for hubs beside its API server, as far as tests need it: a network in which
 * names lead to processes, and a kubelet with the endpoints controller behind it.
 */
import { ENDPOINT_SLICES } from "../../operator/transport/hub_members.ts";
import type { KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import type { HubProcess } from "./hub_process.ts";

export const NAMESPACE = "headrace";
/** The common Service, and the headless one that names each hub. */
export const SERVICE = "hub";
export const MEMBERS = "hub-members";
const DOMAIN = "svc.cluster.local";
const PORT = 9000;

/** What the operator pins runs to of this hub. */
export function endpointOf(hub: string): string {
  return `${hub}.${MEMBERS}.${NAMESPACE}.${DOMAIN}:${PORT}`;
}

/** Names of a hub's certificate, as the chart has them, and the one by which a test dials it. */
export const HUB_NAMES = [
  `${SERVICE}.${NAMESPACE}.${DOMAIN}`,
  `*.${MEMBERS}.${NAMESPACE}.${DOMAIN}`,
  "localhost",
];

/** How often readiness is asked for; a kubelet does it every few seconds. */
const PROBE_MS = 100;

export class HubNetwork implements AsyncDisposable {
  readonly #hubs = new Map<string, HubProcess>();
  readonly #serving = new Map<string, boolean>();
  readonly #lost = new Set<string>();
  readonly #admin: KubeClient;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  readonly #probing: Promise<void>;
  #stopped = false;

  constructor(admin: KubeClient) {
    this.#admin = admin;
    this.#accepting = this.#accept();
    this.#probing = this.#probe();
  }

  /** The way into this network for gRPC clients: `grpc_proxy`. */
  get proxy(): Record<string, string> {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return { grpc_proxy: `http://127.0.0.1:${port}` };
  }

  /** Its node is given up: whatever a hub says of itself, it does not count. */
  giveUp(name: string): void {
    this.#lost.add(name);
  }

  /** A hub is there from now on, under its name. */
  add(name: string, hub: HubProcess): void {
    this.#hubs.set(name, hub);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#accepting;
    await this.#probing;
  }

  async #probe(): Promise<void> {
    while (!this.#stopped) {
      for (const [name, { http }] of this.#hubs) {
        const serving = !this.#lost.has(name) && await answers(`${http}/readyz`);
        if (this.#serving.get(name) === serving || this.#stopped) continue;
        await this.#publish(name, serving);
        this.#serving.set(name, serving);
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }

  async #publish(hub: string, serving: boolean): Promise<void> {
    const slice: KubeObject = {
      apiVersion: `${ENDPOINT_SLICES.group}/${ENDPOINT_SLICES.version}`,
      kind: "EndpointSlice",
      metadata: {
        name: `${MEMBERS}-${hub}`,
        namespace: NAMESPACE,
        labels: { "kubernetes.io/service-name": MEMBERS },
      },
      addressType: "IPv4",
      endpoints: [{
        addresses: ["10.0.0.1"],
        hostname: hub,
        conditions: { ready: true, serving, terminating: false },
      }],
      ports: [{ name: "grpc", port: PORT, protocol: "TCP" }],
    };
    await this.#admin.apply(slice);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        void this.#connect(connection).finally(() => {
          close(connection);
          this.#connections.delete(connection);
        });
      }
    } catch (error) {
      if (!this.#stopped) throw error;
    }
  }

  /** One `CONNECT name:port` (RFC 9110 §9.3.6). */
  async #connect(connection: Deno.Conn): Promise<void> {
    let there: Deno.Conn | undefined;
    try {
      const host = await readTarget(connection);
      const hub = host && this.#resolve(host);
      if (!hub) return;
      there = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
      this.#connections.add(there);
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
      await Promise.all([
        connection.readable.pipeTo(there.writable),
        there.readable.pipeTo(connection.writable),
      ]);
    } catch {
      // Either side is gone: both are told by the end of their connections.
    } finally {
      if (there !== undefined) {
        close(there);
        this.#connections.delete(there);
      }
    }
  }

  #resolve(host: string): HubProcess | undefined {
    const [first = "", second] = host.split(".");
    if (second === MEMBERS) return this.#hubs.get(first);
    if (first !== SERVICE) return undefined;
    const serving = [...this.#hubs].filter(([name]) => this.#serving.get(name) === true);
    return serving[Math.floor(Math.random() * serving.length)]?.[1];
  }
}

async function readTarget(connection: Deno.Conn): Promise<string | undefined> {
  const buffer = new Uint8Array(4_096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null || head.length > 16_384) return undefined;
    head += new TextDecoder().decode(buffer.subarray(0, read));
  }
  return /^CONNECT ([^:\s]+):\d+ /.exec(head)?.[1];
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    // The other side was faster.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
