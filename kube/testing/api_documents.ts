import type { ResourceDefinition } from "./object_store.ts";

/** A `Status` answer, as an API server writes it. */
export function statusResponse(
  code: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json(statusDocument(code, reason, message), { status: code, headers });
}

export function statusDocument(code: number, reason: string, message: string) {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  };
}

/** What an API server answers for a path that nobody serves: not a `Status`. */
export function notFoundPage(): Response {
  return new Response("404 page not found\n", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** Discovery: `/version`, `/api`, `/apis`, `/apis/{group}`, `/apis/{group}/{version}`, health. */
export function discovery(
  segments: readonly string[],
  resources: readonly ResourceDefinition[],
): Response | undefined {
  const [root, group, version] = segments;
  if (segments.length === 1) {
    switch (root) {
      case "version":
        return Response.json({ major: "1", minor: "36", gitVersion: "v1.36.0-headrace-fake" });
      case "healthz":
      case "livez":
      case "readyz":
        return new Response("ok");
      case "api":
        return Response.json({ kind: "APIVersions", versions: versionsOf("", resources) });
      case "apis":
        return Response.json({
          kind: "APIGroupList",
          apiVersion: "v1",
          groups: [...new Set(resources.map(({ group }) => group))]
            .filter((name) => name !== "")
            .map((name) => apiGroup(name, resources)),
        });
    }
    return undefined;
  }
  if (root === "api" && segments.length === 2) return resourceList("", group ?? "", resources);
  if (root !== "apis" || group === undefined) return undefined;
  if (segments.length === 2) {
    return versionsOf(group, resources).length === 0 ? undefined : Response.json({
      kind: "APIGroup",
      apiVersion: "v1",
      ...apiGroup(group, resources),
    });
  }
  return segments.length === 3 ? resourceList(group, version ?? "", resources) : undefined;
}

function apiGroup(name: string, resources: readonly ResourceDefinition[]) {
  const versions = versionsOf(name, resources).map((version) => (
    { groupVersion: `${name}/${version}`, version }
  ));
  return { name, versions, preferredVersion: versions[0] };
}

function versionsOf(group: string, resources: readonly ResourceDefinition[]): string[] {
  return [...new Set(resources.filter((r) => r.group === group).map((r) => r.version))];
}

function resourceList(
  group: string,
  version: string,
  resources: readonly ResourceDefinition[],
): Response | undefined {
  const served = resources.filter((r) => r.group === group && r.version === version);
  if (served.length === 0) return undefined;
  return Response.json({
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: served.map(({ resource, kind, namespaced, shortNames }) => ({
      name: resource,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ["get", "list", "watch"],
      ...(shortNames === undefined ? {} : { shortNames }),
    })),
  });
}
