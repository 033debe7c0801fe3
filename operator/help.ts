import { type Setting, SETTINGS } from "./settings_catalog.ts";

/** What `--help` prints. */
export function helpText(): string {
  const rows: readonly Setting[] = Object.values(SETTINGS);
  return [
    "Makes the StoryRuns of realtime Stories stream: resolves their TransportBindings, decides",
    "between peers and hub, and says in their status how they stand.",
    "",
    "A flag wins over the environment, that over the ConfigMap, that over the default:",
    "",
    ...rows.flatMap((
      row,
    ) => [`  ${namesOf(row).join(", ")}${defaultOf(row)}`, `      ${row.purpose}`]),
    "  KUBECONFIG",
    "      kubeconfig file; when unset, the pod's service account, then ~/.kube/config",
    "",
    "Exit codes: 0 after SIGTERM or SIGINT, 2 when a setting is wrong, 1 otherwise.",
    "",
  ].join("\n");
}

function namesOf({ flag, env, key }: Setting): string[] {
  return [
    ...(flag === undefined ? [] : [`--${flag}`]),
    ...(env === undefined ? [] : [env]),
    ...(key === undefined ? [] : [`${key} (ConfigMap)`]),
  ];
}

function defaultOf({ default: fallback }: Setting): string {
  return fallback === undefined ? "" : ` [${fallback}]`;
}
