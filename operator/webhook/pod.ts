/** The part of a Pod that the webhook reads. */
export interface Pod {
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly containers?: readonly Container[] };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath?: string }[];
  readonly securityContext?: unknown;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  /** From a field, a Secret or a ConfigMap. */
  readonly valueFrom?: unknown;
}
