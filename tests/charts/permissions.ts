/** What an account may do and what it has done, in the same words: `verb resource.group[/name]`. */
import type { KubeClient } from "../cluster/kube_client.ts";
import type { AuditedRequest } from "../operator/audit.ts";

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Every authenticated user may ask who he is and what he may (`system:basic-user`). */
const EVERYBODYS = /^create selfsubject\w+\.auth\w+\.k8s\.io$/;

/** All that a client's user may do in a namespace, by a SelfSubjectRulesReview. */
export async function grantedTo(client: KubeClient, namespace: string): Promise<string[]> {
  const { status } = await client.request<
    { status: { incomplete: boolean; resourceRules: readonly ResourceRule[] } }
  >("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
    method: "POST",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace },
    },
  });
  if (status.incomplete) throw new Error("an authorizer cannot list its rules");
  const granted = status.resourceRules.flatMap((
    { verbs, apiGroups = [""], resources = [], resourceNames = [] },
  ) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          (resourceNames.length === 0 ? [""] : resourceNames).map((name) =>
            words(verb, resource, group, name)
          )
        )
      )
    )
  );
  return [...new Set(granted)].filter((one) => !EVERYBODYS.test(one)).sort();
}

/**
 * All that requests have needed.
 *
 * @param byName resources that are granted by name, where RBAC can: not for `create`
 */
export function needed(requests: readonly AuditedRequest[], byName: readonly string[]): string[] {
  const used = requests
    .filter(({ resource }) => !resource.startsWith("selfsubject"))
    .map(({ verb, resource, group, name }) =>
      words(verb, resource, group, byName.includes(resource) && verb !== "create" ? name : "")
    );
  return [...new Set(used)].sort();
}

function words(verb: string, resource: string, group: string, name: string): string {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}${name === "" ? "" : `/${name}`}`;
}
