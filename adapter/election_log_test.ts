import { assertEquals } from "@std/assert";
import { KubeError } from "../kube/errors.ts";
import type { ElectionState } from "../kube/lease_election.ts";
import { ElectionLog } from "./election_log.ts";

function tell(...states: Partial<ElectionState>[]): string[] {
  const lines: string[] = [];
  const log = new ElectionLog(
    (level, message, attributes = {}) => {
      const { leader, transitions, code } = attributes;
      lines.push([level, message, leader ?? transitions ?? code].join(" ").trim());
    },
    { namespace: "flux-system", name: "headrace-adapter-fsn1", identity: "me" },
  );
  for (const state of states) log.tell({ role: "candidate", since: 0, ...state });
  return lines;
}

Deno.test("who leads is said when it changes, and only then", () => {
  assertEquals(
    tell(
      {},
      { holder: "a" },
      { holder: "a", transitions: 4 },
      { holder: "b", transitions: 5 },
      { transitions: 5 },
      { holder: "me", transitions: 6 },
      { role: "leader", holder: "me", transitions: 6 },
      { role: "leader", holder: "a", transitions: 7 },
      { holder: "a", transitions: 7 },
      { role: "stopped", holder: "a", transitions: 7 },
    ),
    [
      "INFO standing by a",
      "INFO standing by b",
      "INFO leading 6",
      "WARN not leading any more, posting nothing a",
    ],
  );
});

Deno.test("one that gives the lease back has nothing to say", () => {
  assertEquals(tell({ role: "leader", holder: "me" }, { role: "leader" }, { role: "stopped" }), [
    "INFO leading 0",
  ]);
});

Deno.test("trouble with the lease is said once for each kind, and when it is over", () => {
  const error = (code: "forbidden" | "unreachable", message: string) => ({
    error: new KubeError(code, message),
  });
  assertEquals(
    tell(
      error("forbidden", "get"),
      error("forbidden", "create"),
      error("unreachable", "refused"),
      error("unreachable", "reset"),
      { holder: "a" },
      { holder: "a" },
    ),
    [
      "WARN lease cannot be used, will retry forbidden",
      "WARN lease cannot be used, will retry unreachable",
      "INFO lease answers again",
      "INFO standing by a",
    ],
  );
});

Deno.test("a lease that stays denied is an error, one that is denied for a moment is not", () => {
  const forbidden = () => ({ error: new KubeError("forbidden", "grant get on leases") });
  assertEquals(tell(...Array.from({ length: 8 }, forbidden), { holder: "a" }), [
    "WARN lease cannot be used, will retry forbidden",
    "ERROR lease cannot be used, will retry forbidden",
    "INFO lease answers again",
    "INFO standing by a",
  ]);
});
