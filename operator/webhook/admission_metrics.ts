import { Counter, type Registry } from "prom-client";
import type { AdmissionRequest, AdmissionResponse } from "./admission.ts";

const RESULTS = ["injected", "unchanged", "refused", "error"] as const;

/** Counts how reviews of pods end. */
export function countAdmissions(
  admit: (request: AdmissionRequest) => Promise<AdmissionResponse>,
  registry: Registry,
): (request: AdmissionRequest) => Promise<AdmissionResponse> {
  const counter = new Counter({
    name: "headrace_admission_total",
    help: "Pods that the webhook was asked about, by the answer",
    labelNames: ["result"],
    registers: [registry],
  });
  for (const result of RESULTS) counter.inc({ result }, 0);
  const count = (result: (typeof RESULTS)[number]) => counter.inc({ result });
  return async (request) => {
    try {
      const response = await admit(request);
      if (!response.allowed) count("refused");
      else count(response.patch === undefined ? "unchanged" : "injected");
      return response;
    } catch (error) {
      count("error");
      throw error;
    }
  };
}
