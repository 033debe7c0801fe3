/** The API server's own record of who has asked for what: a witness that takes nobody's word. */

/** One request that the API server has answered, of `audit.k8s.io/v1`. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource, such as `storyruns/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** HTTP status of the answer. */
  readonly code: number;
  /** When the request had come, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** `spec.holderIdentity` of a Lease that was written. */
  readonly holder?: string;
}

/** Writes down every request once, and what was written into Leases. */
const POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "Request",
      resources: [{ group: "coordination.k8s.io", resources: ["leases"] }],
    },
    { level: "Metadata" },
  ],
};

/** Where an audit log is, and the API server's flags that make it. */
export interface AuditLog {
  readonly apiServerArgs: readonly string[];
  /** The requests of users whose name begins so, in the order of their answers. */
  requestsOf(prefix: string): Promise<AuditedRequest[]>;
}

/** Writes the policy of an audit log into a folder; the log comes to lie beside it. */
export async function auditLogIn(folder: string): Promise<AuditLog> {
  const path = `${folder}/audit.log`;
  await Deno.writeTextFile(`${folder}/audit_policy.json`, JSON.stringify(POLICY));
  return {
    apiServerArgs: [
      `--audit-policy-file=${folder}/audit_policy.json`,
      `--audit-log-path=${path}`,
      // Written before the answer is: nothing is missing when a test has had its answer.
      "--audit-log-mode=blocking-strict",
    ],
    async requestsOf(prefix) {
      const text = await Deno.readTextFile(path);
      return text.split("\n")
        // An API server that was killed leaves half a line.
        .filter((line) => line.endsWith("}") && line.includes(`"username":"${prefix}`))
        .flatMap(read);
    },
  };
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: { readonly spec?: { readonly holderIdentity?: string } };
}

function read(line: string): AuditedRequest[] {
  const event: AuditEvent = JSON.parse(line);
  const { objectRef: object } = event;
  // A watch is answered when it starts, and ends some time.
  const isCounted =
    event.stage === (event.verb === "watch" ? "ResponseStarted" : "ResponseComplete");
  if (!isCounted || object?.resource === undefined) return [];
  const { apiGroup = "", resource, subresource, namespace = "", name = "" } = object;
  const holder = event.requestObject?.spec?.holderIdentity;
  return [{
    user: event.user?.username ?? "",
    verb: event.verb,
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: event.responseStatus?.code ?? 0,
    receivedAt: Date.parse(event.requestReceivedTimestamp),
    ...(holder === undefined ? {} : { holder }),
  }];
}
