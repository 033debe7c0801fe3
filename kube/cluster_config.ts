/** Text that is at hand, or that has to be read from a file each time because it may rotate. */
export type Material = { readonly text: string } | { readonly file: string };

/** How to reach one API server and who to be there. Plain data: nothing is read or opened yet. */
export interface ClusterConfig {
  /** Where this was found, for messages: `context "dev" of /home/ada/.kube/config`. */
  readonly origin: string;
  /** May have a path, which every request path is appended to. */
  readonly server: URL;
  /** The namespace of the context, or of the service account. */
  readonly namespace: string | undefined;
  /** PEM of the authorities that the server's certificate may come from. */
  readonly ca: Material | undefined;
  /** An `http`, `https` or `socks5` proxy. */
  readonly proxyUrl: string | undefined;
  readonly user: UserConfig;
}

/** All absent: anonymous. */
export interface UserConfig {
  /** PEM. */
  readonly clientCertificate?: { readonly certificate: Material; readonly key: Material };
  readonly token?: Material;
  readonly exec?: ExecConfig;
  readonly impersonate?: Impersonation;
}

/** A credential plugin (`client.authentication.k8s.io`). */
export interface ExecConfig {
  readonly apiVersion: string;
  /** A name to be found on PATH, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether the plugin is told which cluster it is for. */
  readonly provideClusterInfo: boolean;
  /** What to tell a person whose machine lacks the command. */
  readonly installHint: string | undefined;
}

/** Whom to act as, once authenticated. */
export interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
}
