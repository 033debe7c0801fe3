import { z } from "zod";

const SEVERITIES = ["trace", "info", "error"] as const;

// What Kubernetes allows in names (RFC 1123 and beyond) holds no slash, so that ids stay unambiguous.
const name = (most: number) =>
  z.string().regex(
    new RegExp(`^[\\w.:-]{1,${most}}$`),
    `must have 1 to ${most} characters of a Kubernetes name`,
  );

/**
 * What notification-controller's `generic` and `generic-hmac` Providers post: the JSON of
 * `event.toolkit.fluxcd.io/v1beta1` (`github.com/fluxcd/pkg/apis/event`). What newer releases add
 * passes; what is not used may be missing.
 */
export const fluxEventSchema = z.looseObject({
  involvedObject: z.looseObject({
    kind: z.string().regex(/^[A-Z][A-Za-z0-9]{0,62}$/, "must be a kind such as HelmRelease"),
    name: name(253),
    namespace: name(63),
  }),
  severity: z.enum(SEVERITIES),
  timestamp: z.iso.datetime({ offset: true, message: "must be an RFC 3339 time" }),
  message: z.string(),
  reason: z.string().max(1024, "must have at most 1024 characters"),
  metadata: z.record(z.string(), z.string()).nullish()
    .meta({
      description: "flow, region and cluster say where it is shown when the address does not",
    }),
  reportingController: z.string().optional(),
  reportingInstance: z.string().optional(),
});

/** What a POST of a Flux event answers. */
export const fluxEventAnswerSchema = z.looseObject({
  result: z.enum(["applied", "unchanged", "ignored"]).meta({
    description: "unchanged: known already; ignored: an adapter reports the region, and knows more",
  }),
  seq: z.int().min(0).meta({ description: "Last accepted message of the flow" }),
  epoch: z.string(),
});

export type FluxEvent = z.output<typeof fluxEventSchema>;
export type FluxEventAnswer = z.output<typeof fluxEventAnswerSchema>;
