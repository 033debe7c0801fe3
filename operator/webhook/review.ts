import { z } from "zod";
import { KubeError } from "../../kube/errors.ts";
import type { AdmissionRequest, AdmissionResponse } from "./admission.ts";

const API_VERSION = "admission.k8s.io/v1";

const reviewSchema = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("AdmissionReview"),
  request: z.looseObject({
    uid: z.string().min(1),
    operation: z.string().optional(),
    namespace: z.string().optional(),
    kind: z.looseObject({ group: z.string().optional(), kind: z.string().optional() }).optional(),
    object: z.unknown().optional(),
  }),
});

/** An answer to an HTTP request. */
export interface ReviewAnswer {
  readonly status: number;
  readonly body: string;
  /** What went wrong, for the log. */
  readonly error?: string;
}

/**
 * Answers an AdmissionReview. What can be judged is answered 200 with a verdict; what cannot is an
 * HTTP error, for which the API server asks `failurePolicy`.
 */
export async function answerReview(
  text: string,
  admit: (request: AdmissionRequest) => Promise<AdmissionResponse>,
): Promise<ReviewAnswer> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 400, body: "the body is not JSON", error: "the body is not JSON" };
  }
  const review = reviewSchema.safeParse(value);
  if (!review.success) {
    const body = `the body is no AdmissionReview of ${API_VERSION}`;
    return { status: 400, body, error: body };
  }
  try {
    const response = await admit(review.data.request as AdmissionRequest);
    return {
      status: 200,
      body: JSON.stringify({ apiVersion: API_VERSION, kind: "AdmissionReview", response }),
      ...(response.allowed ? {} : { error: response.status?.message ?? "refused" }),
    };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { status: 500, body: error.message, error: error.message };
  }
}
