import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import type { Pod } from "../../operator/webhook/pod.ts";
import { engramPod } from "../../operator/webhook/testing/pods.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { type CuttingProxy, startCuttingProxy } from "../cluster/cutting_proxy.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { type Authority, createAuthority } from "../cluster/x509.ts";
import { type AuditLog, auditLogIn } from "../operator/audit.ts";
import { bobrapetPlane } from "../operator/bobrapet.ts";
import {
  OPERATOR_USER,
  type OperatorProcess,
  startOperator,
} from "../operator/operator_process.ts";
import { webhookRegistration } from "../operator/webhook_registration.ts";
import type { WakeUp } from "./lease_watch.ts";
import { SORTS, storyOf } from "./lives.ts";

/** An operator with a network and a user of its own. */
export interface Member {
  /** As the API server knows it. */
  readonly user: string;
  readonly operator: OperatorProcess;
  readonly toCluster: CuttingProxy;
  /** Not there for the webhook's Service. */
  isAway: boolean;
}

/** One cluster with two operators. Disposing it ends everything. */
export interface World extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly members: readonly [Member, Member];
  readonly audit: AuditLog;
  /** When operators that were frozen went on. */
  readonly wakeUps: WakeUp[];
  /** The one that reconciles, once there is one; the other. */
  leader(): Promise<{ leader: Member; standby: Member }>;
  /** Waits until this one reconciles. */
  isLed(by: Member): Promise<void>;
  /** Gives the webhook a certificate that only a new authority vouches for. */
  rotateCertificate(): Promise<void>;
  /** Waits until a pod of this binding's step comes out of the API server with its connector. */
  injects(binding: KubeObject): Promise<void>;
}

const ENGRAM: KubeObject = {
  apiVersion: "bubustack.io/v1alpha1",
  kind: "Engram",
  metadata: { name: "engram-a", namespace: "demo" },
  spec: { templateRef: { name: "echo" } },
};

/** Starts a world and waits until one of the operators leads. */
export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const keeper = stack.use(await createKeeper("headrace-operators-"));
  const audit = await auditLogIn(keeper.folder);
  const plane = stack.use(await bobrapetPlane(audit.apiServerArgs));
  const { admin } = plane;
  const folder = `${keeper.folder}/serving-certs`;
  await Deno.mkdir(folder);
  let count = 0;
  const certify = async () => {
    const authority = createAuthority(`authority-${++count}`);
    await writeCertificate(folder, authority);
    return authority;
  };
  const authority = await certify();
  const ports = new Map<Member, number>();
  const member = async (name: string): Promise<Member> => {
    const toCluster = stack.use(await startCuttingProxy(Number(new URL(plane.server).port)));
    const port = freePort();
    const user = `${OPERATOR_USER}-${name}`;
    const operator = await startOperator(keeper, plane, {
      name,
      args: [
        "--leader-elect",
        "--leader-elect-lease-duration=3s",
        `--webhook-bind-address=127.0.0.1:${port}`,
        `--webhook-cert-path=${folder}`,
        "--connector-image=connector:1",
      ],
      env: {
        ENABLE_WEBHOOKS: "true",
        KUBECONFIG: await plane.writeKubeconfig(
          user,
          plane.accessFor(user, [OPERATOR_USER]),
          `https://127.0.0.1:${toCluster.port}`,
        ),
      },
    });
    const made = { user, operator, toCluster, isAway: false };
    ports.set(made, port);
    return made;
  };
  const members = [await member("one"), await member("two")] as const;
  // As a Service does: one after the other, of those that are there.
  let turn = 0;
  const service = stack.use(
    await startCuttingProxy(() => {
      const there = members.filter(({ isAway }) => !isAway);
      const next = there[turn++ % there.length] ?? members[0];
      return ports.get(next) ?? 0;
    }),
  );
  const register = (trusted: Authority) =>
    plane.apply(webhookRegistration(service.port, trusted.certificate));
  await plane.apply(
    serviceAccount({ namespace: "demo", name: "default" }),
    ENGRAM,
    ...SORTS.map(storyOf),
  );
  await register(authority);
  const roles = () => Promise.all(members.map(roleOf));
  const owned = stack.move();
  let pods = 0;
  return {
    plane,
    members,
    audit,
    wakeUps: [],
    leader: () =>
      waitFor("one operator to lead", async () => {
        const [one, two] = await roles();
        if ((one === "leader") === (two === "leader")) return false;
        const [first, second] = members;
        return one === "leader"
          ? { leader: first, standby: second }
          : { leader: second, standby: first };
      }),
    async isLed(by) {
      await waitFor("the other operator to lead", async () => await roleOf(by) === "leader");
    },
    rotateCertificate: async () => register(await certify()),
    async injects({ metadata: { name, namespace } }) {
      const annotations = { [ANNOTATIONS.binding]: `${namespace}/${name}` };
      await admin.patch(ENGRAM, { metadata: { annotations } });
      let refusal = "";
      await waitFor("a pod with a connector", async () => {
        try {
          const pod = engramPod();
          const made = await admin.create({
            apiVersion: "v1",
            kind: "Pod",
            metadata: { ...pod.metadata, name: `pod-${pods++}` },
            spec: pod.spec,
          }) as unknown as Pod;
          await admin.remove(made as KubeObject);
          const env = made.spec?.containers?.find(({ name }) => name === "transport-connector")
            ?.env;
          refusal = "it has none, or one for another binding";
          return env?.some(({ value }) => value?.includes(`"${name}"`)) === true;
        } catch (error) {
          if (!(error instanceof KubeApiError)) throw error;
          refusal = error.message;
          return false;
        }
      }, { every: 250, describe: () => refusal });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function writeCertificate(folder: string, authority: Authority): Promise<void> {
  const pair = authority.issue({
    commonName: "webhook",
    usage: "server",
    addresses: ["127.0.0.1"],
  });
  await Deno.writeTextFile(`${folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
}

/** What an operator says of itself; nothing when it is gone or frozen. */
async function roleOf({ operator }: Member): Promise<string | undefined> {
  try {
    const response = await fetch(`${operator.health}/readyz`, {
      signal: AbortSignal.timeout(1_000),
    });
    return (await response.json()).role;
  } catch (error) {
    const isAway = error instanceof TypeError ||
      error instanceof DOMException && error.name === "TimeoutError";
    if (isAway) return undefined;
    throw error;
  }
}
